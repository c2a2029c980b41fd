import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { TrailEntry } from '../../src/domain/trail.ts';
import { taskFromJson, taskToJson } from '../../src/platform/task-json.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import { archiveApartKey, archiveKey, historyKey, PREFIX } from '../keys.ts';
import type { DeliveryRecord, HistoryRecord } from '../records.ts';
import { revisionOf } from '../store/revision.ts';
import type { Store, Write } from '../store/store.ts';
import type { View } from '../view.ts';
import { Block, unpackRecord } from './block.ts';
import { bucketOf, entriesBetween } from './buckets.ts';
import { type Bucket, mayHaveDomain, numbersIn, numbersOfGuid } from './catalog.ts';
import { decodeSealed, encodeSealed } from './sealed.ts';
import { hashOf } from './summary.ts';

export interface FinishedTask {
  readonly task: Task;
  readonly record: HistoryRecord;
}

export interface HistoryPage {
  readonly records: FinishedTask[];
  /** The token of the page behind it; empty when this was the last. */
  readonly next: string;
}

interface Found {
  readonly record: HistoryRecord;
  /** Of the record that is not in a block, or no longer only there; 0 when it is only in its block. */
  readonly modRevision: number;
}

/** A page ends early when its records take so much, so that its answer stays below what gRPC clients take (4 MiB). */
const PAGE_BYTES = 2 * 1024 * 1024;
const AMEND_TRIES = 5;

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
  return [{ put: historyKey(task.number, task.task_guid), value: encodeSealed(record) }];
}

/**
 * Finished tasks, by number or guid, newest first. A record is first a key of its own, then a line of its bucket's block (`archive.ts`);
 * it comes into the block before the key goes, so that a reader who looks in this order finds it.
 */
export class History {
  readonly #store: Store;
  readonly #view: View;

  constructor(store: Store, view: View) {
    this.#store = store;
    this.#view = view;
  }

  /** By number, or the newest life of a guid, of tasks of these domains. @throws DomainError `unavailable` when this process is behind the store. */
  async get(id: string, within: Domains): Promise<FinishedTask | undefined> {
    if (/^\d{1,15}$/.test(id)) {
      const byNumber = await this.#find(Number(id));
      if (byNumber !== undefined && isWithin(within, byNumber.record.domain)) return finished(byNumber.record);
    }
    await this.#caughtUp();
    const hash = hashOf(id);
    for (const bucket of this.#view.history.newestFirst()) {
      for (const number of numbersOfGuid(bucket, id, hash)) {
        const found = await this.#find(number);
        if (found?.record.task_guid === id && isWithin(within, found.record.domain)) return finished(found.record);
      }
    }
    return undefined;
  }

  /** One page, newest first, of these domains (undefined = all). The token is the last record's number. @throws DomainError `invalid_argument`, `unavailable`. */
  async list(pageSize: number, token: string, within: Domains): Promise<HistoryPage> {
    if (token !== '' && !/^\d{1,15}$/.test(token))
      throw new DomainError('invalid_argument', 'page_token: not one that ListHistory gave');
    await this.#caughtUp();
    const below = token === '' ? Number.POSITIVE_INFINITY : Number(token);
    const records: FinishedTask[] = [];
    let bytes = 0;
    for (const bucket of this.#view.history.newestFirst(below)) {
      if (within !== undefined && ![...within].some((domain) => mayHaveDomain(bucket, domain))) continue;
      const numbers = numbersIn(bucket).filter((number) => number < below);
      // With a domain there is no telling which of them are wanted.
      const wanted = within === undefined ? numbers.slice(0, pageSize - records.length) : numbers;
      for (const record of await this.#read(bucket, wanted)) {
        if (!isWithin(within, record.domain)) continue;
        records.push(finished(record));
        bytes += record.task_json.length;
        if (records.length === pageSize || bytes > PAGE_BYTES) return { records, next: String(record.number) };
      }
    }
    return { records, next: '' };
  }

  /**
   * Changes a sealed record, together with more writes. @returns the revision; undefined when history no longer has it, and nothing was written.
   * @throws DomainError `conflict` when it changes too fast.
   */
  async amend(
    number: number,
    change: (record: HistoryRecord) => HistoryRecord,
    also: readonly Write[] = [],
  ): Promise<number | undefined> {
    for (let attempt = 0; attempt < AMEND_TRIES; attempt += 1) {
      const found = await this.#find(number);
      if (found === undefined) return undefined;
      // As a key of its own again, even when it is in a block: the archive brings it there once more.
      const key = historyKey(number, found.record.task_guid);
      const { committed, revision } = await this.#store.commit({
        guards: [{ key, modRevision: found.modRevision }],
        writes: [{ put: key, value: encodeSealed(change(found.record)) }, ...also],
      });
      if (committed) return revision;
    }
    throw new DomainError('conflict', `the record of task ${number} changes too fast; try again`);
  }

  async #find(number: number): Promise<Found | undefined> {
    for await (const entry of entriesBetween(this.#store, PREFIX.history, [number, number]))
      return { record: decodeSealed(entry.value), modRevision: entry.modRevision };
    const block = await this.#block(bucketOf(number));
    const record = await this.#fromBlock(block, number);
    return record === undefined ? undefined : { record, modRevision: 0 };
  }

  /** The records of these numbers, falling; those that were pruned meanwhile are left out. */
  async #read(bucket: Bucket, numbers: readonly number[]): Promise<HistoryRecord[]> {
    const recent = numbers.filter((number) => bucket.recent.has(number));
    const known = new Map<number, HistoryRecord>();
    const [highest, lowest] = [recent[0], recent.at(-1)];
    if (highest !== undefined && lowest !== undefined) {
      for await (const entry of entriesBetween(this.#store, PREFIX.history, [lowest, highest])) {
        const record = decodeSealed(entry.value);
        known.set(record.number, record);
      }
    }
    let block: Block | undefined;
    const records: HistoryRecord[] = [];
    for (const number of numbers) {
      block ??= known.has(number) ? undefined : await this.#block(bucket.id);
      const record = known.get(number) ?? (block && (await this.#fromBlock(block, number)));
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  async #block(bucket: number): Promise<Block> {
    const entry = await this.#store.get(archiveKey(bucket));
    return entry === undefined ? Block.empty : await Block.decode(entry.value);
  }

  async #fromBlock(block: Block, number: number): Promise<HistoryRecord | undefined> {
    const entry = block.entry(number);
    if (entry === undefined) return undefined;
    if (entry.apart === 0) return block.record(number);
    const apart = await this.#store.get(archiveApartKey(number));
    return apart && (await unpackRecord(apart.value));
  }

  /** What was written anywhere before this call is seen by it. @throws DomainError `unavailable` when the watch is behind. */
  async #caughtUp(): Promise<void> {
    const revision = await revisionOf(this.#store);
    await this.#view.reached(revision);
    // Better no answer than a wrong "not found".
    if (this.#view.revision < revision) throw new DomainError('unavailable', 'this BBS is behind its store; try again');
  }
}

function finished(record: HistoryRecord): FinishedTask {
  return { record, task: taskFromJson(record.task_json) };
}
