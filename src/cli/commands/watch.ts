import type { Command } from 'commander';
import type { TaskChange } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import { safe, stateLabel, timeText } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import { nearest } from '../../platform/nearest.ts';
import { type Cli, examples, gatherList, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { taskObject } from '../output.ts';
import { parseTemplate, renderTemplate } from '../template.ts';
import { momentOf } from '../times.ts';
import { count } from './list.ts';

const CURSOR = /^\d+(-(end|\d+))?$/;
const TYPES = ['created', 'changed', 'removed', 'resync'] as const;

interface WatchFlags {
  readonly since?: string;
  readonly type?: readonly string[];
  readonly domain?: string;
  readonly cell?: string;
  readonly count?: string;
}

/** `gavel events`: every change of every task, as it happens. */
export function addWatch(program: Command, cli: Cli): void {
  const command = program
    .command('events')
    .description('every change of every task as it happens, until Ctrl-C; JSON lines where no terminal is')
    .option(
      '--since <time>',
      'from this time on, a span back from now (10m), or behind the cursor of an event or a list (now)',
    )
    .option('--type <type>', `only these: ${TYPES.join(', ')}; repeatable`, gatherList)
    .option('--domain <name>', 'only of this domain')
    .option('--cell <id>', 'only on this cell')
    .option('--count <n>', 'stop after so many')
    .addHelpText(
      'after',
      '\nEvery event has a cursor: --since with the last one goes on without a gap, also after a restart of the servers. A resync says that some are\nno longer known: list anew. The servers keep the newest 20,000 changes. The steps of one task, also of before: gavel task events ID.',
    );
  examples(
    command,
    'gavel events --since 10m',
    'gavel events --type created,removed --domain ci -o jsonl | jq .task.task_guid',
  );
  handle<WatchFlags>(cli, command, async (context, _args, { since, type, domain, cell, count: most }) => {
    const wanted = (type ?? TYPES).map(typeOf);
    const left = most === undefined ? Number.POSITIVE_INFINITY : count(most, '--count');
    const line = lineOf(context);
    const options = {
      signal: context.signal,
      ...(since === undefined || since === 'now' ? {} : beginning(since)),
      ...(domain === undefined ? {} : { domain }),
      ...(cell === undefined ? {} : { cell }),
    };
    let told = 0;
    for await (const change of context.client().events(options)) {
      if (!wanted.includes(change.type)) continue;
      await context.print(line(change));
      told += 1;
      if (told >= left) break;
    }
    return EXIT.ok;
  });
}

function beginning(since: string): { readonly from: string } | { readonly since: bigint } {
  return CURSOR.test(since) ? { from: since } : { since: momentOf(since, '--since', Date.now()) };
}

function typeOf(word: string): (typeof TYPES)[number] {
  const known = TYPES.find((type) => type === word);
  if (known !== undefined) return known;
  const meant = nearest(word, TYPES);
  const hint = meant === undefined ? `known are ${TYPES.join(', ')}` : `did you mean ${meant}?`;
  throw new DomainError('invalid_argument', `--type: there is no type ${word}; ${hint}`);
}

function lineOf(context: Context): (change: TaskChange) => string {
  const { format, io, flags } = context;
  if (format === 'template') {
    const template = parseTemplate(context.template);
    return (change) => renderTemplate(template, changeObject(change));
  }
  if (format === 'name') return (change) => (change.type === 'resync' ? change.cursor : change.task.task_guid);
  // Where nobody looks, programs read.
  if (context.machineReadable || io.stdout.isTTY !== true) return (change) => toJson(changeObject(change));
  return (change) => safe(changeText(change, flags.local));
}

function changeObject(change: TaskChange): object {
  const about = { schema: 'task-change/v1', kind: 'task-change', type: change.type, cursor: change.cursor };
  if (change.type === 'resync') return { ...about, reason: change.reason };
  const before = change.type === 'changed' ? { before: taskObject(change.before) } : {};
  return { ...about, ...before, task: taskObject(change.task) };
}

function changeText(change: TaskChange, local: boolean | undefined): string {
  if (change.type === 'resync') return `resync: ${change.reason}`;
  const { task } = change;
  const at = timeText(task.updated_at, local);
  const where = task.cell_id === '' ? '' : ` on ${task.cell_id}`;
  const now = stateLabel(task);
  const was = change.type === 'changed' ? stateLabel(change.before) : '';
  const what =
    change.type === 'changed' ? (was === now ? `${now} (changed)` : `${was} -> ${now}`) : `${change.type}, ${now}`;
  return `${at}  ${task.number}  ${task.domain}  ${what}${where}`;
}
