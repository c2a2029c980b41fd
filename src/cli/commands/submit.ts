import { type Command, Option } from 'commander';
import type { TaskHandle, TaskSpec } from '../../client/index.ts';
import { named } from '../../client/submit.ts';
import { isDomainError } from '../../domain/errors.ts';
import { toJson } from '../../platform/json.ts';
import { formatSize } from '../../platform/size.ts';
import { parseTaskSpec } from '../../platform/task-spec.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { printOne, taskObject } from '../output.ts';
import { readSpec } from '../spec-file.ts';
import { dryRun } from './explain.ts';

export type DryRun = 'spec' | 'place';

export function dryRunOption(): Option {
  return new Option(
    '--dry-run <what>',
    'spec: print the request; place: would it be placed now (exit code 9: no)',
  ).choices(['spec', 'place']);
}

export const INPUT_HELP = 'folder to upload; the task waits for it and finds it in its input_dir (/input)';

/** Submits, uploads the input where there is one, and says how far that is. */
export async function submit(
  context: Context,
  spec: TaskSpec,
  { key, input }: { readonly key: string | undefined; readonly input: string | undefined },
): Promise<TaskHandle> {
  // Its guid is known before it is sent, so that an interrupt can be told what became of it.
  const { task_guid } = named(parseTaskSpec(spec), key);
  const whole = { ...spec, task_guid };
  const keyed = key === undefined ? {} : { key };
  const { signal } = context;
  const upload = input === undefined ? undefined : uploadLine(context);
  try {
    const inputs = input === undefined || upload === undefined ? {} : { inputs: input, onUpload: upload.saw };
    return await context.client().tasks.run(whole, { signal, ...keyed, ...inputs });
  } catch (error) {
    if (signal.aborted) await tellWhetherAccepted(context, task_guid, input);
    throw error;
  } finally {
    upload?.stop();
  }
}

const LOOK_MS = 3_000;

/** Interrupted before the answer was there: the server may have taken the task all the same. */
async function tellWhetherAccepted(context: Context, guid: string, input: string | undefined): Promise<void> {
  try {
    const { number } = await context.client().tasks.get(guid, AbortSignal.timeout(LOOK_MS));
    const next = input === undefined ? `gavel task ${number}` : `gavel task upload ${number} ${input}`;
    context.say(`task ${number} (${guid}) was accepted all the same; go on with: ${next}`);
  } catch (error) {
    if (isDomainError(error, 'not_found')) context.say('the task was not accepted');
    else context.say(`whether the task was accepted is not known; ask again with: gavel task show ${guid}`);
  }
}

/** On a terminal one line that is redrawn. */
export function uploadLine(context: Context): { readonly saw: (bytes: number) => void; readonly stop: () => void } {
  let sent = 0;
  if (context.line.enabled) context.line.show(() => `uploading: ${formatSize(sent)}`);
  return {
    saw: (bytes) => {
      sent = bytes;
    },
    stop: () => context.line.stop(),
  };
}

/** `gavel submit FILE`, `gavel task submit FILE` */
export function addSubmit(parent: Command, cli: Cli): void {
  const command = parent
    .command('submit <file>')
    .description('submit the task described in FILE, @FILE, - (stdin) or JSON; prints its guid and does not wait')
    .option('--key <key>', 'a repeated submit under the same key creates nothing new')
    .option('--input <dir>', INPUT_HELP)
    .addOption(dryRunOption());
  examples(command, 'gavel task submit examples/hello.json', 'gavel task submit - < task.json');
  handle<{ readonly key?: string; readonly input?: string; readonly dryRun?: DryRun }>(
    cli,
    command,
    async (context, [file = ''], flags) => {
      const { key } = flags;
      const spec = await readSpec(file, context.io);
      if (flags.dryRun === 'place') return await dryRun(context, spec);
      if (flags.dryRun === 'spec') {
        await context.print(toJson(spec, 2));
        return undefined;
      }
      const { id, submitted } = await submit(context, spec, { key, input: flags.input });
      if (submitted === undefined) await context.print(id);
      else await printOne(context, taskObject(submitted), id, id);
      return undefined;
    },
  );
}
