import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Task, TaskFilter } from '../../client/index.ts';
import { msToNanos, nanosToMs } from '../../domain/duration.ts';
import { DomainError } from '../../domain/errors.ts';
import { rfc3339, timeText } from '../../platform/format.ts';
import { nearest } from '../../platform/nearest.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { put } from '../io.ts';
import { printList } from '../output.ts';
import { addSelectOptions, type Collected, collect, type SelectFlags, selectionOf } from '../selection.ts';
import { taskListing } from '../tasks.ts';
import { momentOf } from '../times.ts';
import { ACTIVE } from '../words.ts';

export interface ListFlags extends SelectFlags {
  readonly limit?: string;
  readonly cursor?: string;
  readonly asOf?: string;
  readonly watch?: boolean;
  readonly sort?: string;
  readonly recent?: string | boolean;
}

const RECENT = 30;

export function addListOptions(command: Command): Command {
  return addSelectOptions(command)
    .option('--limit <n>', 'at most so many')
    .option('--cursor <cursor>', 'go on behind the list before: its next_cursor')
    .option('--sort <field>', `by ${Object.keys(ORDERS).join(', ')}; with - before it the other way round (-number)`)
    .option(
      '--as-of <time>',
      'as it was then: a time as of --created-after, such as 10m, or a revision; of tasks that were live then',
    )
    .option('--watch', 'draw it again every two seconds, on a terminal, until Ctrl-C')
    .option('--no-filter', 'also what the system does for itself')
    .option('-a, --all', 'everything: finished ones and those of the system too');
}

export function addList(task: Command, cli: Cli): void {
  const ls = addListOptions(task.command('ls').alias('list').description('list active tasks, newest first'));
  examples(ls, 'gavel tasks ls --state processing --domain ci', "gavel tasks ls -o template='{{.number}} {{.state}}'");
  handle<ListFlags>(cli, ls, async (context, _args, flags) => await listTasks(context, flags));
  const recent = addListOptions(
    task.command('recent [number]').description('list finished tasks, newest first (30 if no number is given)'),
  );
  examples(recent, 'gavel tasks recent', 'gavel tasks recent 100 --state error');
  handle<ListFlags>(cli, recent, async (context, [number], flags) => await listRecent(context, flags, number));
}

/** `gavel ps`, which people type all day. */
export function addPs(program: Command, cli: Cli): void {
  const ps = addListOptions(program.command('ps').description('list active tasks (= gavel tasks)'));
  examples(ps, 'gavel ps', 'gavel ps -a', 'gavel ps -o wide');
  handle<ListFlags>(cli, ps, async (context, _args, flags) => await listTasks(context, flags));
}

export async function listTasks(context: Context, flags: ListFlags): Promise<undefined> {
  if (flags.watch !== true) return await listOnce(context, flags);
  const { stdout } = context.io;
  if (stdout.isTTY !== true)
    throw new DomainError(
      'invalid_argument',
      '--watch: there is no terminal to draw on; gavel events tells of every change',
    );
  while (!context.signal.aborted) {
    await put(stdout, CLEAR);
    await listOnce(context, flags);
    await sleep(WATCH_MS, undefined, { signal: context.signal });
  }
  return undefined;
}

const WATCH_MS = 2_000;
const CLEAR = '\u001b[H\u001b[2J';

async function listOnce(context: Context, flags: ListFlags): Promise<undefined> {
  if (flags.recent !== undefined && flags.recent !== false) {
    return await listRecent(context, flags, typeof flags.recent === 'string' ? flags.recent : undefined);
  }
  const order = orderOf(flags.sort);
  const limit = flags.limit === undefined ? undefined : count(flags.limit, '--limit');
  const past = flags.asOf === undefined ? undefined : pastOf(flags.asOf, Date.now());
  const selection = selectionOf(flags, flags.all === true ? ['active', 'finished'] : ['active'], past?.nowMs);
  // Of the past only what was live is known: what had left for history by then stands there with its times.
  const asked =
    past === undefined
      ? selection
      : { ...selection, finished: false, request: { ...selection.request, ...past.filter } };
  const found = await collect(context, asked, limit, flags.cursor);
  const running = found.tasks.filter((task) => ACTIVE.includes(task.state)).length;
  const footer =
    past === undefined ? `Total tasks running now: ${running}` : `Total tasks running ${past.text}: ${running}`;
  await show(context, order(found.tasks), footer, found, past?.at);
  return undefined;
}

async function listRecent(context: Context, flags: ListFlags, number: string | undefined): Promise<undefined> {
  const wanted = count(number ?? flags.limit ?? String(RECENT), 'NUMBER');
  const order = orderOf(flags.sort);
  const selection = selectionOf(flags, ['finished']);
  // Only what has ended, whatever states were named.
  const ended = { ...selection.request, states: ['COMPLETED', 'RESOLVING'] as const };
  const found = await collect(context, { ...selection, request: ended, finished: true }, wanted, flags.cursor);
  await show(context, order(found.tasks), `Showing ${found.tasks.length} recent tasks`, found);
  return undefined;
}

async function show(
  context: Context,
  tasks: readonly Task[],
  footer: string,
  { hidden, next }: Collected,
  asOf: string | null = rfc3339(msToNanos(Date.now())),
): Promise<void> {
  const more = hidden === 0 ? '' : ` (${hidden} hidden; --no-filter shows all)`;
  const about = { hidden, next_cursor: next ?? null, as_of: asOf };
  await printList(context, taskListing(context, tasks, footer + more, about));
}

interface Past {
  readonly filter: Pick<TaskFilter, 'asOf' | 'asOfRevision'>;
  /** For spans, which count from then; a revision has no time that is known here. */
  readonly nowMs: number | undefined;
  readonly text: string;
  readonly at: string | null;
}

function pastOf(text: string, nowMs: number): Past {
  if (/^\d{1,15}$/.test(text))
    return { filter: { asOfRevision: Number(text) }, nowMs: undefined, text: `at revision ${text}`, at: text };
  const asOf = momentOf(text, '--as-of', nowMs);
  return { filter: { asOf }, nowMs: nanosToMs(asOf), text: `at ${timeText(asOf)}`, at: rfc3339(asOf) };
}

type Key = (task: Task) => string | number | bigint;

const ORDERS: Readonly<Record<string, Key>> = {
  number: (task) => task.number,
  created: (task) => task.created_at,
  finished: (task) => task.first_completed_at,
  duration: (task) => (task.first_completed_at === 0n ? 0n : task.first_completed_at - task.started_at),
  state: (task) => task.state,
  user: (task) => task.created_by,
  domain: (task) => task.domain,
  cell: (task) => task.cell_id,
};

function orderOf(text: string | undefined): (tasks: readonly Task[]) => readonly Task[] {
  if (text === undefined) return (tasks) => tasks;
  const down = text.startsWith('-');
  const name = down ? text.slice(1) : text;
  const key = ORDERS[name];
  if (key === undefined) {
    const meant = nearest(name, Object.keys(ORDERS));
    const hint = meant === undefined ? `known are ${Object.keys(ORDERS).join(', ')}` : `did you mean ${meant}?`;
    throw new DomainError('invalid_argument', `--sort: there is no order ${name}; ${hint}`);
  }
  return (tasks) =>
    tasks.toSorted((a, b) => {
      const [x, y] = [key(a), key(b)];
      const way = x < y ? -1 : x > y ? 1 : 0;
      return down ? -way : way;
    });
}

export function count(text: string, name: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value <= 1_000_000) return value;
  throw new DomainError('invalid_argument', `${name} must be a number from 1 on; it is ${text}`);
}
