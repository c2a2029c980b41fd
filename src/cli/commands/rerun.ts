import type { Command } from 'commander';
import { RERUN_LABEL, respec, valueAt } from '../../client/rerun.ts';
import { DomainError, type FieldFault } from '../../domain/errors.ts';
import type { Task } from '../../domain/task.ts';
import { parseJson, toJson } from '../../platform/json.ts';
import { confirm } from '../ask.ts';
import { type Cli, examples, gather, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { addSelectOptions, collect, type SelectFlags, selectionOf, selects } from '../selection.ts';
import { eachTask, idsOf } from '../tasks.ts';
import { INPUT_HELP, submit } from './submit.ts';

interface RerunFlags extends SelectFlags {
  readonly set?: readonly string[];
  readonly env?: readonly string[];
  readonly key?: string;
  readonly input?: string;
  readonly printSpec?: boolean;
}

const LIMIT = 100_000;

/** `gavel tasks rerun ID...`: the same once more, with a change. */
export function addRerun(task: Command, cli: Cli): void {
  const command = addSelectOptions(
    task
      .command('rerun [id...]')
      .description('submit once more what tasks were asked for, with what is to be otherwise; does not wait'),
  )
    .option(
      '--set <path=value>',
      'another value in the spec, such as memory_mb=512 or labels.team=a; repeatable',
      gather,
    )
    .option('-e, --env <name=value>', 'environment variable (NAME alone: as it is here); repeatable', gather)
    .option('--key <key>', 'a repeated rerun under the same key creates nothing new')
    .option('--input <dir>', INPUT_HELP)
    .option('--print-spec', 'print the request as JSON and stop')
    .addHelpText(
      'after',
      `\nWhich task is a rerun of which is in its label: gavel tasks -a --label ${RERUN_LABEL}=766`,
    );
  examples(
    command,
    'gavel tasks rerun 766 --set memory_mb=512 -e DEBUG=1',
    'gavel tasks rerun 766 --set action.run.args.0=--fast --print-spec',
    'gavel tasks rerun --outcome failed --domain ci --created-after 2h',
  );
  handle<RerunFlags>(cli, command, async (context, args, flags) => {
    const { ids, selected } = await targets(context, args, flags);
    if (flags.key !== undefined && (selected || ids.length > 1))
      throw new DomainError('invalid_argument', '--key: names one request; give one task with it');
    if (selected && ids.length > 0 && flags.printSpec !== true && !(await confirm(context, 'rerun', ids, true))) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    return await eachTask(context, ids, async (id, answers) => {
      const found = await context.client().tasks.get(id, context.signal);
      const spec = respec(found, { set: setOf(found, flags.set ?? []), env: envOf(flags.env ?? [], context) });
      if (flags.printSpec === true) {
        await context.print(toJson(spec, 2));
        return EXIT.ok;
      }
      const { submitted } = await submit(context, spec, { key: flags.key, input: flags.input });
      if (submitted === undefined) throw new DomainError('internal', 'the server answered no task');
      await answers.tell(submitted, `Task ${submitted.number} is a rerun of task ${found.number}`);
      if (found.input_dir !== '' && flags.input === undefined)
        context.say(`it waits for its input: gavel task upload ${submitted.number} DIR`);
      return EXIT.ok;
    });
  });
}

async function targets(
  context: Context,
  args: readonly string[],
  flags: RerunFlags,
): Promise<{ readonly ids: readonly string[]; readonly selected: boolean }> {
  if (!selects(flags)) return { ids: idsOf(args), selected: false };
  if (args.length > 0) throw new DomainError('invalid_argument', 'give tasks, or flags that select them, not both');
  const { tasks } = await collect(context, selectionOf(flags, ['finished']), LIMIT);
  if (tasks.length === 0) context.say('no task matches');
  // By number: a guid may have lived several times.
  return { ids: tasks.map(({ number }) => String(number)), selected: true };
}

/** Values are JSON where the field is no text: `512`, `true`, `["a"]`. */
function setOf(task: Task, pairs: readonly string[]): Readonly<Record<string, unknown>> {
  const faults: FieldFault[] = [];
  const values = pairs.map((pair): readonly [string, unknown] => {
    const at = pair.indexOf('=');
    if (at <= 0) faults.push({ field: '--set', message: `must be PATH=VALUE; it is ${pair}` });
    const [path, text] = [pair.slice(0, at), pair.slice(at + 1)];
    return [path, isText(task, path) ? text : jsonOr(text)];
  });
  if (faults.length > 0) throw new DomainError('invalid_argument', '--set: must be PATH=VALUE', { faults });
  return Object.fromEntries(values);
}

const MAPS_OF_TEXT = ['labels', 'metric_tags', 'properties'];

function isText(task: Task, path: string): boolean {
  const parent = path.split('.').at(-2) ?? '';
  return typeof valueAt(task, path) === 'string' || MAPS_OF_TEXT.includes(parent);
}

function jsonOr(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // Text: whether the field takes it is said by who checks the spec.
    return text;
  }
}

function envOf(pairs: readonly string[], { io }: Context): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, io.env[pair] ?? ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
