import type { Command } from 'commander';
import type { Task, TaskFilter } from '../client/index.ts';
import { msToNanos, parseDuration } from '../domain/duration.ts';
import { DomainError } from '../domain/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { parseSelect } from '../platform/select.ts';
import { gather, gatherList } from './command.ts';
import type { Context } from './context.ts';
import { KINDS, kindOf, newestFirst } from './tasks.ts';
import { momentOf } from './times.ts';
import { outcomesOf, stateFilter } from './words.ts';

/*
 * Which tasks are meant, by what they are: for lists, and for ending many at once.
 */

export interface SelectFlags {
  readonly state?: readonly string[];
  readonly outcome?: readonly string[];
  readonly domain?: string;
  readonly cell?: string;
  readonly user?: string;
  readonly kind?: string;
  readonly label?: readonly string[];
  readonly createdAfter?: string;
  readonly createdBefore?: string;
  readonly olderThan?: string;
  readonly select?: string;
  readonly all?: boolean;
  /** False with --no-filter. */
  readonly filter?: boolean;
}

export interface Selection {
  readonly request: TaskFilter;
  /** Finished tasks are wanted, which live in history too. */
  readonly finished: boolean;
  /** Tasks of the system itself are left out, and counted. */
  readonly hidesSystem: boolean;
  readonly matches: (task: Task) => boolean;
}

/** A list for people ends somewhere; programs page with --limit. */
const FINISHED_MAX = 1_000;

export function addSelectOptions(command: Command): Command {
  return command
    .option(
      '--state <word>',
      'only these states or outcomes (queued, processing, done, error, ...); repeatable',
      gatherList,
    )
    .option('--outcome <word>', 'only these outcomes (succeeded, failed, cancelled, ...); repeatable', gatherList)
    .option('--domain <name>', 'only of this domain')
    .option('--cell <id>', 'only on this cell')
    .option('--user <name>', 'only started by this user')
    .option('--kind <kind>', `only of this kind: ${KINDS.join(', ')}`)
    .option('--label <name[=value]>', 'only with this label; repeatable', gather)
    .option('--created-after <time>', 'only since this time: 2015-01-27, "2015-01-27 21:39:30 UTC", or 2h ago as 2h')
    .option('--created-before <time>', 'only before this time')
    .option('--older-than <span>', 'only created longer ago than this, such as 1h')
    .option(
      '--select <expression>',
      'only those of which this is true, such as "exit_code == 42 && labels.team == \'x\'" (gavel help select)',
    );
}

/** @throws DomainError `invalid_argument` with what cannot be understood. `words`: the states when the flags name none. */
export function selectionOf(flags: SelectFlags, words: readonly string[], nowMs = Date.now()): Selection {
  const states = stateFilter(flags.state ?? (flags.outcome === undefined ? words : ['finished']));
  const outcomes = flags.outcome === undefined ? undefined : outcomesOf(flags.outcome);
  const kind = kindFlag(flags.kind);
  const labels = Object.fromEntries(
    (flags.label ?? []).map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const after = flags.createdAfter === undefined ? undefined : momentOf(flags.createdAfter, '--created-after', nowMs);
  const before = earliest(
    flags.createdBefore === undefined ? undefined : momentOf(flags.createdBefore, '--created-before', nowMs),
    flags.olderThan === undefined ? undefined : olderThan(flags.olderThan, nowMs),
  );
  const { domain, cell, user } = flags;
  const selector = flags.select === undefined ? undefined : parseSelect(flags.select, () => nowMs);
  const request: TaskFilter = {
    states: states.states,
    ...(domain === undefined ? {} : { domain }),
    ...(cell === undefined ? {} : { cell }),
    ...(user === undefined ? {} : { createdBy: user }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(after === undefined ? {} : { createdAfter: after }),
    ...(before === undefined ? {} : { createdBefore: before }),
  };
  return {
    request,
    finished: states.finished,
    hidesSystem: kind === undefined && flags.all !== true && flags.filter !== false,
    // Once more what the server was asked: history is filtered here, and an old server knows fewer filters.
    matches: (task) =>
      states.matches(task) &&
      (domain === undefined || task.domain === domain) &&
      (cell === undefined || task.cell_id === cell) &&
      (user === undefined || task.created_by === user) &&
      (kind === undefined || kindOf(task) === kind) &&
      (outcomes === undefined || (task.outcome !== '' && outcomes.includes(task.outcome))) &&
      (after === undefined || task.created_at >= after) &&
      (before === undefined || task.created_at < before) &&
      Object.entries(labels).every(([name, value]) =>
        value === '' ? name in task.labels : task.labels[name] === value,
      ) &&
      (selector === undefined || selector.matches(task)),
  };
}

export interface Collected {
  readonly tasks: readonly Task[];
  /** How many match but are of the system itself. */
  readonly hidden: number;
  /** Where the next ones begin; undefined when these are all. */
  readonly next: string | undefined;
}

/** The tasks selected, newest first, live and (when finished ones are wanted) from history. */
export async function collect(
  context: Context,
  selection: Selection,
  limit: number | undefined,
  cursor = '',
): Promise<Collected> {
  const client = context.client();
  const { signal } = context;
  const { request, matches, hidesSystem, finished } = selection;
  const tasks: Task[] = [];
  const hidden = new Set<string>();
  const below = cursorOf(cursor);
  const take = (task: Task) => {
    if (task.number >= below || !matches(task)) return;
    if (hidesSystem && kindOf(task) === 'system') hidden.add(task.uid);
    else tasks.push(task);
  };
  const live = { ...request, pageSize: Math.min(limit ?? 1_000, 1_000), signal };
  for await (const task of client.tasks.list(live, cursor)) {
    take(task);
    if (limit !== undefined && tasks.length >= limit) break;
  }
  if (finished) {
    // Counted apart: a finished live task may be newer or older than what history has.
    const most = tasks.length + (limit ?? FINISHED_MAX);
    const { domain } = request;
    const page = { pageSize: Math.min(limit ?? 100, 1_000), signal, ...(domain === undefined ? {} : { domain }) };
    for await (const { task } of client.history.list(page)) {
      take(task);
      if (tasks.length >= most) break;
    }
  }
  const all = newestFirst(tasks);
  const shown = all.slice(0, limit);
  const last = shown.at(-1);
  // One that is full may be followed by more; whether it is, the next list says.
  const more = limit !== undefined && shown.length === limit && last !== undefined;
  return { tasks: shown, hidden: hidden.size, next: more ? String(last.number) : undefined };
}

/** Lists go down by number, so that a cursor is the number that was shown last. */
function cursorOf(cursor: string): number {
  if (cursor === '') return Number.POSITIVE_INFINITY;
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new DomainError('invalid_argument', `--cursor: ${cursor} is none that a list gave (next_cursor)`);
}

/** Whether any flag says which tasks are meant. */
export function selects(flags: SelectFlags): boolean {
  const { state, outcome, domain, cell, user, kind, label, createdAfter, createdBefore, olderThan, select } = flags;
  return [state, outcome, domain, cell, user, kind, label, createdAfter, createdBefore, olderThan, select].some(
    (flag) => flag !== undefined,
  );
}

function kindFlag(text: string | undefined): string | undefined {
  if (text === undefined || KINDS.some((kind) => kind === text)) return text;
  const meant = nearest(text, KINDS);
  const hint = meant === undefined ? `known are ${KINDS.join(', ')}` : `did you mean ${meant}?`;
  throw new DomainError('invalid_argument', `--kind: there is no kind ${text}; ${hint}`);
}

function olderThan(text: string, nowMs: number): bigint {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new DomainError('invalid_argument', `--older-than: ${text} is no time span, for example 1h`);
  return msToNanos(nowMs - ms);
}

function earliest(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}
