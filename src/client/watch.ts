import type { TaskEvent__Output } from '../rpc/gen/gavel/v1/TaskEvent.ts';
import { type Connection, Patience, throwIfGivenUp } from './connection.ts';
import { taskError } from './errors.ts';
import { nanosOf } from './nanos.ts';
import { type TaskView, taskView } from './task-view.ts';

/** A change of any task. */
export type TaskChange =
  | { readonly type: 'created' | 'removed'; readonly task: TaskView; readonly cursor: string }
  | { readonly type: 'changed'; readonly before: TaskView; readonly task: TaskView; readonly cursor: string }
  /** Some changes are no longer known: what was listed before must be listed anew. Changes behind it follow. */
  | { readonly type: 'resync'; readonly reason: string; readonly cursor: string };

export interface WatchOptions {
  /** Go on behind this cursor, of a change or of a page of a list. Default: from now. */
  readonly from?: string;
  /** Without `from`: all that happened since this time, as far back as the server keeps changes; UNIX nanoseconds. */
  readonly since?: bigint | Date;
  readonly domain?: string;
  readonly cell?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A server says something at least every 15 s; three such silences are a dead connection. */
export const SILENCE_MS = 45_000;

/** Every change, over connections that break and servers that restart, without a gap that is not told. */
export async function* watchTasks(
  connection: Connection,
  options: WatchOptions = {},
): AsyncGenerator<TaskChange, void, undefined> {
  const { signal } = options;
  const patience = new Patience(connection);
  let from = options.from ?? '';
  for (;;) {
    throwIfGivenUp(signal);
    try {
      const said = (cursor: string) => {
        patience.renew();
        if (cursor !== '') from = cursor;
      };
      for await (const change of watchOnce(connection, { ...options, from }, said)) yield change;
      await patience.retry(taskError('unavailable', 'the event stream ended'), signal);
    } catch (error) {
      await patience.retry(error, signal);
    }
  }
}

/** @param said is told the cursor of every message, also of those that are no change. */
export async function* watchOnce(
  connection: Connection,
  { from = '', since, domain = '', cell = '', signal }: WatchOptions,
  said: (cursor: string) => void = () => {},
): AsyncGenerator<TaskChange, void, undefined> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const silence = setTimeout(abort, SILENCE_MS);
  try {
    const request = { cursor: from, since: nanosOf(since).toString(), domain, cell_id: cell };
    for await (const message of connection.tasks.WatchTasks(request, { signal: ending.signal })) {
      silence.refresh();
      said(message.cursor);
      const change = changeOf(message);
      if (change !== undefined) yield change;
    }
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', abort);
    ending.abort();
  }
}

function changeOf({
  event,
  created,
  changed,
  removed,
  resync_needed,
  cursor,
}: TaskEvent__Output): TaskChange | undefined {
  if (event === 'created' && created?.task) return { type: event, task: taskView(created.task), cursor };
  if (event === 'removed' && removed?.task) return { type: event, task: taskView(removed.task), cursor };
  if (event === 'changed' && changed?.before && changed.after)
    return { type: event, before: taskView(changed.before), task: taskView(changed.after), cursor };
  if (event === 'resync_needed') return { type: 'resync', reason: resync_needed?.reason ?? '', cursor };
  return undefined;
}
