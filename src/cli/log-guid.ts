import type { LogEntry, Task } from '../client/index.ts';
import type { Context } from './context.ts';
import { newestFirst } from './tasks.ts';

/** Of finished tasks that have left the live set, so many of the newest are looked through. */
const HISTORY_MOST = 1_000;

/** The tasks that name this `log_guid`, oldest first: all live ones, and those of the newest of history. */
export async function tasksOfLogGuid(context: Context, guid: string): Promise<readonly Task[]> {
  const { signal } = context;
  const client = context.client();
  const found: Task[] = [];
  const note = (task: Task): void => {
    if (task.log_guid === guid) found.push(task);
  };
  for await (const task of client.tasks.list({ pageSize: 1_000, signal })) note(task);
  let seen = 0;
  for await (const { task } of client.history.list({ pageSize: HISTORY_MOST, signal })) {
    note(task);
    seen += 1;
    if (seen >= HISTORY_MOST) break;
  }
  return newestFirst(found).toReversed();
}

/** The entries of several streams as one, the earliest line first; what has no time of its own comes as soon as it can. */
export async function* inOrderOfTime(streams: readonly AsyncIterable<LogEntry>[]): AsyncGenerator<LogEntry> {
  const heads: { rest: AsyncIterator<LogEntry>; entry: LogEntry }[] = [];
  for (const stream of streams) {
    const rest = stream[Symbol.asyncIterator]();
    const { value, done } = await rest.next();
    if (done !== true) heads.push({ rest, entry: value });
  }
  for (;;) {
    const [first] = heads.toSorted((a, b) => (timeOf(a.entry) < timeOf(b.entry) ? -1 : 1));
    if (first === undefined) return;
    yield first.entry;
    const { value, done } = await first.rest.next();
    if (done === true) heads.splice(heads.indexOf(first), 1);
    else first.entry = value;
  }
}

function timeOf(entry: LogEntry): bigint {
  return entry.type === 'line' ? entry.time : 0n;
}
