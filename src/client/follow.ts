import { isTerminal } from '../domain/task.ts';
import type { TaskEvent__Output } from '../rpc/gen/gavel/v1/TaskEvent.ts';
import { type Connection, Patience, throwIfGivenUp } from './connection.ts';
import { isTaskError, taskError } from './errors.ts';
import { type TaskView, taskView } from './task-view.ts';
import { SILENCE_MS } from './watch.ts';

/** What became of a task. The first one of every stream is the task as it is found. */
export interface TaskEvent {
  readonly type: 'found' | 'changed' | 'removed';
  readonly task: TaskView;
  /** `client.events({ from })` goes on behind it; empty for what was read. */
  readonly cursor: string;
}

/** How long the first message of a watch may take until the record is read without it. The server sends one at once. */
const OPENING_MS = 2_000;

interface Seen {
  guid: string;
  /** Of the life that is followed: a guid may be used again. */
  uid: string | undefined;
  revision: number;
  cursor: string;
}

/**
 * The task and its changes until it has ended. The watch is open before the record is read, so nothing falls between; a broken
 * watch goes on behind its last cursor and reads the record again; a record that has left the live set is found in history.
 * @throws TaskError `not_found` when there is no such task, or when its record went without a trace.
 */
export async function* followTask(
  connection: Connection,
  id: string,
  options: {
    readonly uid?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Go on behind this cursor; the task as it is is not told then. */
    readonly from?: string | undefined;
  } = {},
): AsyncGenerator<TaskEvent, void, undefined> {
  const { signal, from = '' } = options;
  const seen: Seen = { guid: '', uid: options.uid, revision: -1, cursor: from };
  // A number or the beginning of a guid cannot be watched: the first read makes it a guid.
  const first = await readRecord(connection, id, seen.uid, signal).catch((error: unknown) => {
    throwIfGivenUp(signal);
    throw error;
  });
  seen.guid = first.task_guid;
  if (from !== '') seen.uid ??= first.uid;
  const told = from === '' || isTerminal(first.state);
  if (told && fresh(seen, first)) yield { type: from === '' ? 'found' : 'changed', task: first, cursor: '' };
  if (isTerminal(first.state)) return;

  const patience = new Patience(connection);
  // Behind a cursor the record would run ahead of the changes that led to it.
  let replaying = from !== '';
  for (;;) {
    throwIfGivenUp(signal);
    try {
      for await (const event of followOnce(connection, seen, patience, signal, replaying)) {
        yield event;
        if (event.type === 'removed' || isTerminal(event.task.state)) return;
      }
      replaying = false;
      // The server ended the stream in good order: it is stopping, or asks for a new beginning.
      await patience.retry(taskError('unavailable', 'the event stream ended'), signal);
    } catch (error) {
      replaying = false;
      await patience.retry(error, signal);
    }
  }
}

/** One connection of the watch. */
async function* followOnce(
  connection: Connection,
  seen: Seen,
  patience: Patience,
  signal: AbortSignal | undefined,
  replaying: boolean,
): AsyncGenerator<TaskEvent> {
  const ending = new AbortController();
  const abort = () => ending.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const watch = connection.tasks.WatchTasks({ cursor: seen.cursor, task_guid: seen.guid }, { signal: ending.signal });
  const messages = watch[Symbol.asyncIterator]();
  const silence = setTimeout(abort, SILENCE_MS);
  try {
    let next = messages.next();
    await opened(next);
    const task = replaying ? undefined : await readRecord(connection, seen.guid, seen.uid, signal);
    patience.renew();
    if (task !== undefined && fresh(seen, task)) yield { type: 'changed', task, cursor: '' };
    for (;;) {
      const { done, value } = await next;
      if (done === true) return;
      silence.refresh();
      patience.renew();
      if (value.event === 'resync_needed') {
        seen.cursor = '';
        return;
      }
      if (value.cursor !== '') seen.cursor = value.cursor;
      const event = eventOf(value);
      if (event?.type === 'removed') {
        yield { ...event, task: await lastRecord(connection, event.task, seen, signal) };
        return;
      }
      if (event !== undefined && fresh(seen, event.task)) yield event;
      next = messages.next();
    }
  } catch (error) {
    if (isTaskError(error, 'compacted')) {
      seen.cursor = '';
      return;
    }
    throw error;
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', abort);
    ending.abort();
    // Its own failure was told by `next`, or no longer matters.
    messages.return?.(undefined)?.catch(() => {});
  }
}

async function opened(first: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, OPENING_MS);
  });
  // A failure is thrown by whoever awaits the message itself; here it only must not count as unhandled.
  await Promise.race([first.then(undefined, () => {}), late]);
  clearTimeout(timer);
}

function eventOf(event: TaskEvent__Output): TaskEvent | undefined {
  const wire = event.created?.task ?? event.changed?.after ?? event.removed?.task;
  if (wire === undefined || wire === null) return undefined;
  return { type: event.event === 'removed' ? 'removed' : 'changed', task: taskView(wire), cursor: event.cursor };
}

/** Whether this says something new of the life that is followed. An end is always news: nothing comes after it. */
function fresh(seen: Seen, task: TaskView): boolean {
  seen.uid ??= task.uid;
  if (task.uid !== seen.uid || (task.revision <= seen.revision && !isTerminal(task.state))) return false;
  seen.revision = task.revision;
  return true;
}

/** A removal carries the record as it was; if that had not ended yet, history knows better. */
async function lastRecord(
  connection: Connection,
  task: TaskView,
  seen: Seen,
  signal: AbortSignal | undefined,
): Promise<TaskView> {
  return isTerminal(task.state) && task.uid === seen.uid
    ? task
    : await readRecord(connection, seen.guid, seen.uid, signal);
}

/** The record of this life of the task, live or from history. */
export async function readRecord(
  connection: Connection,
  id: string,
  uid: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TaskView> {
  const live = taskView(
    await connection.tasks.GetTask({ task_guid: id, include_history: true }, connection.call(signal)),
  );
  if (uid === undefined || live.uid === uid) return live;
  const gone = () =>
    taskError('not_found', `task ${id} has ended and its guid is used by a later task; its record is no longer kept`);
  const record = await connection.history
    .GetHistory({ task_guid: id }, connection.call(signal))
    .catch((error: unknown) => {
      throw isTaskError(error, 'not_found') ? gone() : error;
    });
  if (record.task === null) throw gone();
  const past = taskView(record.task);
  if (past.uid !== uid) throw gone();
  return past;
}
