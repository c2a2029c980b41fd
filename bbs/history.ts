import { nanosToMs } from '../src/domain/duration.ts';
import { DomainError } from '../src/domain/errors.ts';
import type { Task } from '../src/domain/task.ts';
import type { TrailEntry } from '../src/domain/trail.ts';
import { taskFromJson, taskToJson } from '../src/platform/task-json.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { eventsOf, historyGuidKey, historyKey, PREFIX } from './keys.ts';
import type { DeliveryRecord, HistoryRecord } from './records.ts';
import type { Entry, Store, Write } from './store/store.ts';

export interface FinishedTask {
  readonly task: Task;
  readonly record: HistoryRecord;
}

export interface HistoryPolicy {
  readonly keepMs: number;
  readonly keepCount: number;
}

export const DEFAULT_HISTORY: HistoryPolicy = { keepMs: 7 * 24 * 3_600_000, keepCount: 10_000 };

const PRUNE_PAGE = 100;

/** What is written in the very commit that takes a task out of the live set, so that no task is ever in neither place. */
export function historyWrites(
  task: Task,
  now: bigint,
  by: HistoryRecord['resolved_by'],
  delivery: DeliveryRecord | undefined,
  trail: readonly TrailEntry[] | undefined,
): Write[] {
  const record: HistoryRecord = {
    number: task.number,
    task_guid: task.task_guid,
    uid: task.uid,
    domain: task.domain,
    task_json: taskToJson(task),
    resolved_at: now.toString(),
    resolved_by: by,
    ...(delivery === undefined ? {} : { delivery }),
    ...(trail === undefined ? {} : { trail }),
  };
  return [
    { put: historyKey(task.number), value: encodeRecord(record) },
    { put: historyGuidKey(task.task_guid), value: Buffer.from(String(task.number)) },
  ];
}

/** Finished tasks, by number or guid, newest first. */
export class History {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** By number, or the newest life of a guid. */
  async get(id: string): Promise<FinishedTask | undefined> {
    if (/^\d{1,15}$/.test(id)) {
      const byNumber = await this.#store.get(historyKey(Number(id)));
      if (byNumber !== undefined) return read(byNumber);
    }
    const pointer = await this.#store.get(historyGuidKey(id));
    if (pointer === undefined) return undefined;
    const entry = await this.#store.get(historyKey(Number(pointer.value.toString())));
    return entry === undefined ? undefined : read(entry);
  }

  /** One page, newest first. The token is the last record's number. */
  async list(pageSize: number, token: string, domain: string): Promise<{ records: FinishedTask[]; next: string }> {
    if (token !== '' && !/^\d{1,15}$/.test(token))
      throw new DomainError('invalid_argument', 'page_token: not one that ListHistory gave');
    const records: FinishedTask[] = [];
    let after = token === '' ? undefined : historyKey(Number(token));
    for (;;) {
      const page = await this.#store.list(PREFIX.history, {
        limit: Math.min(pageSize, 500),
        reverse: true,
        ...(after === undefined ? {} : { after }),
      });
      for (const entry of page.entries) {
        const found = read(entry);
        after = entry.key;
        if (domain === '' || found.record.domain === domain) records.push(found);
        if (records.length === pageSize) return { records, next: String(found.record.number) };
      }
      if (!page.more || page.entries.length === 0) return { records, next: '' };
    }
  }

  /** Notes what became of a callback that outlived its task. */
  async noteDelivery(number: number, delivery: DeliveryRecord): Promise<void> {
    const entry = await this.#store.get(historyKey(number));
    if (entry === undefined) return;
    const record = decodeRecord<HistoryRecord>(entry.value);
    await this.#store.commit({
      guards: [{ key: entry.key, modRevision: entry.modRevision }],
      writes: [{ put: entry.key, value: encodeRecord({ ...record, delivery }) }],
    });
  }

  /** Drops the oldest records that are over the policy's age or count. Cost follows what is dropped. @returns how many went. */
  async prune(policy: HistoryPolicy, now: bigint): Promise<number> {
    let dropped = 0;
    let excess = Math.max(0, (await this.#count()) - policy.keepCount);
    for (;;) {
      const page = await this.#store.list(PREFIX.history, { limit: PRUNE_PAGE });
      const old = page.entries.filter((entry) => {
        const aged =
          nanosToMs(now) - nanosToMs(BigInt(decodeRecord<HistoryRecord>(entry.value).resolved_at)) > policy.keepMs;
        if (!aged && excess <= 0) return false;
        excess -= 1;
        return true;
      });
      for (const entry of old) {
        const record = decodeRecord<HistoryRecord>(entry.value);
        const pointer = await this.#store.get(historyGuidKey(record.task_guid));
        const own = pointer?.value.toString() === String(record.number);
        const told = await this.#store.list(eventsOf(record.number), { limit: PRUNE_PAGE, keysOnly: true });
        await this.#store.commit({
          guards: [],
          writes: [
            { delete: entry.key },
            ...(own ? [{ delete: historyGuidKey(record.task_guid) }] : []),
            ...told.entries.map(({ key }) => ({ delete: key })),
          ],
        });
        dropped += 1;
      }
      if (old.length < page.entries.length || !page.more) return dropped;
    }
  }

  async #count(): Promise<number> {
    let count = 0;
    let after: string | undefined;
    for (;;) {
      const page = await this.#store.list(PREFIX.history, {
        limit: 1_000,
        keysOnly: true,
        ...(after === undefined ? {} : { after }),
      });
      count += page.entries.length;
      after = page.entries.at(-1)?.key;
      if (!page.more || after === undefined) return count;
    }
  }
}

function read(entry: Entry): FinishedTask {
  const record = decodeRecord<HistoryRecord>(entry.value);
  return { record, task: taskFromJson(record.task_json) };
}
