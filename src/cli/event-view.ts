import type { LogEntry, Task, TaskEvent, TimelineEvent } from '../client/index.ts';
import { isTerminal, type TaskState } from '../domain/task.ts';
import {
  clockText,
  commandText,
  cut,
  descriptionOf,
  rfc3339,
  safe,
  spanText,
  stateWord,
  timeText,
} from '../platform/format.ts';
import { parseJson, toJson } from '../platform/json.ts';
import type { Context } from './context.ts';
import type { View } from './follow.ts';
import { taskObject } from './output.ts';
import { type Stage, timelineStages } from './timeline-stages.ts';

/*
 * A task as it goes by: stages with their times, its lines in between, how it ended.
 */

const COMMAND_LETTERS = 100;
/** So often at most the steps of a running tree are asked for. */
const STEPS_EVERY_MS = 500;

/** The stages that a record knows of; a stage that lasts still has `until` 0. */
export function stagesOf(task: Task): readonly Stage[] {
  const end = task.first_completed_at;
  const stage = (key: string, at: bigint, until: bigint, text: string): readonly Stage[] =>
    at === 0n ? [] : [{ key, at, until, text }];
  return [
    ...stage(
      'submit',
      task.created_at,
      task.claimed_at === 0n ? end : task.claimed_at,
      `Submit: ${descriptionOf(task)} by ${task.created_by || 'nobody known'}`,
    ),
    ...(task.rejection_count > 0 && task.rejection_reason !== ''
      ? stage(
          `rejected ${task.rejection_count}`,
          task.updated_at,
          task.updated_at,
          `Placement: given back, ${task.rejection_reason}`,
        )
      : []),
    ...(task.state === 'PENDING'
      ? stage(`waiting ${task.waiting_for}`, task.updated_at, 0n, `Placement: waiting for ${task.waiting_for}`)
      : []),
    ...stage(
      'claimed',
      task.claimed_at,
      task.started_at === 0n ? end : task.started_at,
      `Placement: ${task.cell_id} won`,
    ),
    ...stage('started', task.started_at, end, `Run: ${cut(commandText(task), COMMAND_LETTERS)}`),
    ...(isTerminal(task.state) ? stage('end', end, end, endText(task)) : []),
  ];
}

function endText(task: Task): string {
  if (task.failed) return `Failure: ${task.failure_reason}`;
  if (task.result_file === '') return `Result: exit code ${task.exit_code ?? 0}`;
  return `Result: ${task.result_bytes} bytes from ${task.result_file}${task.result_truncated ? ' (cut)' : ''}`;
}

/** How it ended, for the last line: `done (succeeded, exit code 0)`. */
export function verdictText(task: Task): string {
  const code = task.exit_code === undefined ? '' : `, exit code ${task.exit_code}`;
  if (!task.failed) return `done (${stateWord(task)}${code})`;
  return `error (${stateWord(task)}${code}): ${task.failure_reason}`;
}

/** What is known beyond the record; nothing when it cannot be had in time. */
export type Further = (guid: string) => Promise<readonly TimelineEvent[]>;

export function eventView(context: Context, further: Further = async () => []): View {
  const shown = new Set<string>();
  let number = '';
  /** What happened while the process ran: told between the lines of output, where it belongs by its time. */
  let between: readonly Stage[] = [];
  /** While a tree of actions runs: asks for its steps. */
  let again: (() => Promise<void>) | undefined;
  let askedAt = 0;
  const local = context.flags.local === true;
  const line = async (at: bigint, text: string) =>
    await context.print(`Task ${number} | ${clockText(at, local)} | ${safe(text)}`);
  const tell = async ({ key, at, since = at, until, text }: Stage) => {
    // The task's changes and its lines come side by side.
    if (shown.has(key)) return;
    shown.add(key);
    await line(at, until === 0n ? text : `${text} (${spanText(since, until)})`);
  };
  const stages = async (task: Task, ended: boolean) => {
    if (number === '') {
      number = String(task.number);
      await context.print(`Task ${number}`);
    }
    const more =
      task.claimed_at === 0n && task.rejection_count === 0 ? [] : timelineStages(await further(task.task_guid));
    const rejections = more.some(({ key }) => key.startsWith('released'));
    const known = stagesOf(task).filter(({ key }) => !rejections || !key.startsWith('rejected'));
    const all = [...known, ...more].toSorted((a, b) => Number(a.at - b.at));
    const fresh = all.filter(({ key }) => !shown.has(key));
    const waits = ({ at }: Stage) => !ended && task.started_at > 0n && at > task.started_at;
    // The last lines of output come before the end and what follows it.
    between = fresh.filter((stage) => waits(stage) && !(isTerminal(task.state) && stage.at >= task.first_completed_at));
    for (const stage of fresh) if (!waits(stage)) await tell(stage);
    again = task.state === 'RUNNING' && !('run' in task.action) ? async () => await stages(task, false) : undefined;
  };
  const tellUntil = async (time: bigint) => {
    if (again !== undefined && performance.now() - askedAt > STEPS_EVERY_MS) {
      await again();
      askedAt = performance.now();
    }
    for (const stage of between) if (stage.at <= time) await tell(stage);
  };
  return {
    ending: async ({ task }) => await stages(task, false),
    event: async ({ task }) => {
      await stages(task, isTerminal(task.state));
      if (!isTerminal(task.state)) return;
      const finished = task.first_completed_at;
      await context.print('');
      await context.print(`Task ${number} Started  ${timeText(task.created_at, local)}`);
      await context.print(`Task ${number} Finished ${timeText(finished, local)}`);
      await context.print(`Task ${number} Duration ${spanText(task.created_at, finished)}`);
      await context.print(`Task ${number} ${safe(verdictText(task))}`);
    },
    log: async (entry) => {
      if (entry.type === 'gap') await context.print(`           L warning: ${safe(gapText(entry))}`);
      if (entry.type !== 'line') return;
      await tellUntil(entry.time);
      await line(entry.time, `${entry.stream}: ${entry.text.toString('utf8')}`);
    },
  };
}

/** One JSON object a line: every state with its time, also those that went by before anyone looked, and every line of output. */
export function jsonView(context: Context): View {
  const told = new Set<string>();
  const event = async ({ task }: TaskEvent) => {
    for (const [state, time] of pastStates(task)) {
      if (told.has(state)) continue;
      told.add(state);
      await context.print(toJson({ ...eventObject(task, state, time), task: null }));
    }
    told.add(task.state);
    await context.print(toJson({ ...eventObject(task, task.state, timeOf(task)), task: taskObject(task) }));
  };
  return { event, log: async (entry) => await context.print(toJson(logObject(entry))) };
}

/** The states a task was in before its present one, with their times. */
function pastStates(task: Task): readonly (readonly [TaskState, bigint])[] {
  const times: readonly (readonly [TaskState, bigint])[] = [
    ['PENDING', task.created_at],
    ['CLAIMED', task.claimed_at],
    ['RUNNING', task.started_at],
    ['COMPLETED', task.first_completed_at],
  ];
  const present = times.findIndex(([state]) => state === task.state);
  return times.slice(0, present < 0 ? undefined : present).filter(([, time]) => time > 0n);
}

/** When the present state began. */
function timeOf(task: Task): bigint {
  const began = {
    PENDING: task.created_at,
    CLAIMED: task.claimed_at,
    RUNNING: task.started_at,
    COMPLETED: task.first_completed_at,
  };
  return task.state === 'RESOLVING' ? task.updated_at : began[task.state];
}

function eventObject(task: Task, state: TaskState, time: bigint): object {
  const { task_guid, number } = task;
  const outcome = isTerminal(state) ? task.outcome : '';
  return { schema: 'event/v1', kind: 'state', time, time_rfc3339: rfc3339(time), task_guid, number, state, outcome };
}

/**
 * Bytes that are no UTF-8 become replacement characters here; `gavel logs` gives them as they are. A line of stdout that is a JSON
 * object comes as one, too, in `data` (operator.md, C36).
 */
export function logObject(entry: LogEntry): object {
  if (entry.type !== 'line') return { schema: 'log/v1', kind: `log-${entry.type}`, ...entry };
  const { sequence, time, stream, source, newline } = entry;
  const text = entry.text.toString('utf8');
  const data = stream === 'stdout' ? objectOf(text) : undefined;
  return {
    schema: 'log/v1',
    kind: 'log',
    sequence,
    time,
    time_rfc3339: rfc3339(time),
    stream,
    source,
    text,
    ...(data === undefined ? {} : { data }),
    newline,
  };
}

/** Deeper than anybody means it; what is nested in thousands could be read and not be written again. */
const DEEPEST = 100;

function objectOf(text: string): unknown {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  let depth = 0;
  for (const [bracket] of trimmed.matchAll(/[[{}\]]/g)) {
    depth += bracket === '{' || bracket === '[' ? 1 : -1;
    if (depth > DEEPEST) return undefined;
  }
  try {
    return parseJson(trimmed);
  } catch {
    return undefined;
  }
}

export function gapText({ lines, bytes, reason }: Extract<LogEntry, { type: 'gap' }>): string {
  // Where nobody could count, it is not said that nothing is missing.
  if (lines === 0 && bytes === 0) return reason;
  return `${lines} lines (${bytes} bytes) are missing: ${reason}`;
}
