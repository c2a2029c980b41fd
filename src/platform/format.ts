import { nanosToMs } from '../domain/duration.ts';
import { isTerminal, type Outcome, type Task } from '../domain/task.ts';

/*
 * How values look to people. JSON output does not come through here.
 */

/** Control characters of somebody else's text must not reach a terminal from inside our tables. */
export function safe(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (char) => {
    const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return known[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The same of a text of lines: their ends and tabs stay. */
export function safeText(text: string): string {
  return text.replace(/[^\n\t]+/g, safe);
}

/** `2015-01-27 21:39:30 UTC`, or with `local` the machine's own time and its offset. Nothing for a time that is not set. */
export function timeText(nanos: bigint, local = false): string {
  if (nanos === 0n) return '';
  const date = new Date(nanosToMs(nanos));
  if (!local) return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const offset = -date.getTimezoneOffset();
  const shifted = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  return `${shifted} ${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
}

/** `21:33:19` */
export function clockText(nanos: bigint, local = false): string {
  return timeText(nanos, local).slice(11, 19);
}

/** The nanoseconds as RFC 3339, all nine digits. */
export function rfc3339(nanos: bigint): string | null {
  if (nanos === 0n) return null;
  const seconds = new Date(nanosToMs(nanos)).toISOString().slice(0, 19);
  return `${seconds}.${(nanos % 1_000_000_000n).toString().padStart(9, '0')}Z`;
}

/** `00:01:23` */
export function spanText(fromNanos: bigint, toNanos: bigint): string {
  const total = Math.max(0, Math.round(nanosToMs(toNanos - fromNanos) / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.trunc(total / 3_600))}:${two(Math.trunc((total % 3_600) / 60))}:${two(total % 60)}`;
}

const OUTCOME_LABELS: Readonly<Record<Outcome, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'Timed Out',
  cancelled: 'cancelled',
  unplaced: 'unplaced',
  lost: 'lost',
  infra_failed: 'infra failed',
};

/** The one word for where a task stands: its state, and once it is over its outcome. */
export function stateLabel(task: Task): string {
  if (isTerminal(task.state) && task.outcome !== '') return OUTCOME_LABELS[task.outcome];
  return isStopping(task) ? 'stopping' : task.state;
}

/** A cancel waits for the end of the step that runs. */
export function isStopping({ state, waiting_for }: Pick<Task, 'state' | 'waiting_for'>): boolean {
  return state === 'RUNNING' && waiting_for !== '';
}

/** The same for programs: always one word. */
export function stateWord(task: Task): string {
  return isTerminal(task.state) && task.outcome !== '' ? task.outcome : task.state;
}

/** Empty while the task is not over, then one line: what came out, or why it failed. */
export function resultSummary(task: Task): string {
  if (!isTerminal(task.state)) return '';
  if (task.failed) return task.failure_reason;
  const [line = ''] = task.result.split('\n', 1);
  return line.trim() === '' ? `exit code ${task.exit_code ?? 0}` : line.trim();
}

/** The command line of the first run action, or the names of the steps. */
export function commandText(task: Pick<Task, 'action'>): string {
  const action = task.action as Readonly<Record<string, unknown>>;
  const [kind = ''] = Object.keys(action);
  if ('run' in task.action) return [task.action.run.path, ...task.action.run.args].join(' ');
  const inner = action[kind] as { readonly action?: Task['action']; readonly actions?: readonly unknown[] };
  if (inner.action !== undefined) return commandText({ action: inner.action });
  return inner.actions === undefined ? kind : `${kind} of ${inner.actions.length}`;
}

const SUMMARY_LETTERS = 60;

/** What the submitter said, or else the beginning of image and command. */
export function descriptionOf(task: Task): string {
  return task.description === '' ? cut(`${task.root_fs} ${commandText(task)}`, SUMMARY_LETTERS) : task.description;
}

/** `128 MB`, `1.5 GB` */
export function megabytes(value: number): string {
  return value < 1_024 ? `${value} MB` : `${(value / 1_024).toFixed(value % 1_024 === 0 ? 0 : 1)} GB`;
}

export function cut(text: string, width: number): string {
  const letters = Array.from(text);
  return letters.length <= width ? text : `${letters.slice(0, Math.max(1, width - 1)).join('')}…`;
}
