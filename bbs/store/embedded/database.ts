import { type Database as LmdbDatabase, open, type RootDatabase } from 'lmdb';
import type { LeaseId } from '../store.ts';
import { decodeLogged, decodeStored, encodeLogged, encodeStored, type Logged, type Stored } from './codec.ts';

/** How much of the past is kept for watches and for pages at an older revision; whichever is reached first. */
export interface History {
  readonly revisions: number;
  readonly bytes: number;
}

interface Meta {
  readonly revision: number;
  /** The newest revision that is no longer in the log. */
  readonly compacted: number;
  readonly logBytes: number;
}

const EMPTY: Meta = { revision: 0, compacted: 0, logBytes: 0 };

/** The LMDB files: records, leases and the log of changes, always moved together in one transaction. */
export class Database {
  readonly #root: RootDatabase;
  readonly #data: LmdbDatabase<Buffer, Buffer>;
  readonly #log: LmdbDatabase<Buffer, number>;
  readonly #meta: LmdbDatabase<Meta, string>;
  readonly #leases: LmdbDatabase<number, string>;
  readonly #leaseKeys: LmdbDatabase<boolean, string[]>;
  readonly #history: History;

  constructor(path: string, history: History) {
    // Without `overlappingSync: false` a commit is answered before it is on disk.
    this.#root = open({ path, overlappingSync: false, noSubdir: false, maxDbs: 8 });
    this.#data = this.#root.openDB({ name: 'data', encoding: 'binary', keyEncoding: 'binary' });
    this.#log = this.#root.openDB({ name: 'log', encoding: 'binary' });
    this.#meta = this.#root.openDB({ name: 'meta', encoding: 'json' });
    this.#leases = this.#root.openDB({ name: 'leases', encoding: 'json' });
    this.#leaseKeys = this.#root.openDB({ name: 'lease-keys', encoding: 'json' });
    this.#history = history;
  }

  /** Reads from here on see every commit that was answered. */
  refresh(): void {
    this.#root.resetReadTxn();
  }

  get meta(): Meta {
    return this.#meta.get('meta') ?? EMPTY;
  }

  get(key: string): Stored | undefined {
    const bytes = this.#data.get(Buffer.from(key));
    return bytes && decodeStored(bytes);
  }

  /** Records with keys from `start` to below `end`, in order, or from below `end` down to `start`. */
  *range(start: Buffer, end: Buffer | undefined, reverse: boolean): Generator<{ key: Buffer; stored: Stored }> {
    const low = start.length === 0 ? {} : { start };
    const high = end === undefined ? {} : { end };
    const bounds = reverse
      ? {
          reverse,
          ...(end === undefined ? {} : { start: end }),
          ...(start.length === 0 ? {} : { end: start, inclusiveEnd: true }),
        }
      : { ...low, ...high };
    for (const { key, value } of this.#data.getRange(bounds)) {
      // Backwards, LMDB includes the bound it begins at.
      if (end !== undefined && Buffer.compare(key, end) >= 0) continue;
      yield { key: Buffer.from(key), stored: decodeStored(value) };
    }
  }

  /** The log behind `revision`, oldest first, up to about `bytes` of it. */
  *changesAfter(
    revision: number,
    bytes = Number.POSITIVE_INFINITY,
  ): Generator<{ revision: number; changes: Logged[] }> {
    let read = 0;
    for (const { key, value } of this.#log.getRange({ start: revision + 1 })) {
      if (read > bytes) return;
      read += value.length;
      yield { revision: key, changes: decodeLogged(value) };
    }
  }

  leases(): { lease: LeaseId; ttlMs: number }[] {
    return [...this.#leases.getRange()].map(({ key, value }) => ({ lease: key, ttlMs: value }));
  }

  /** Runs `work` in one transaction, which is on disk when the promise resolves, or did not happen. */
  async transact<T>(work: (tx: Transaction) => T): Promise<T> {
    // A child transaction, because only that is rolled back when `work` throws.
    return this.#root.childTransaction(() => {
      const before = this.meta;
      const tx = new Transaction(this.#data, this.#leases, this.#leaseKeys, before.revision);
      const result = work(tx);
      if (tx.log.length > 0) this.#writeLog(before, tx);
      return result;
    });
  }

  #writeLog(before: Meta, tx: Transaction): void {
    let { compacted, logBytes } = before;
    for (const { revision, changes } of tx.log) {
      const bytes = encodeLogged(changes);
      logBytes += bytes.length;
      this.#log.putSync(revision, bytes);
    }
    // The newest revision always stays.
    while (
      compacted + 1 < tx.revision &&
      (tx.revision - compacted > this.#history.revisions || logBytes > this.#history.bytes)
    ) {
      compacted += 1;
      logBytes -= this.#log.get(compacted)?.length ?? 0;
      this.#log.removeSync(compacted);
    }
    this.#meta.putSync('meta', { revision: tx.revision, compacted, logBytes });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/** What may be done inside a transaction. Each `apply` that changes something is one revision. */
export class Transaction {
  readonly log: { revision: number; changes: readonly Logged[] }[] = [];
  revision: number;
  readonly #data: LmdbDatabase<Buffer, Buffer>;
  readonly #leases: LmdbDatabase<number, string>;
  readonly #leaseKeys: LmdbDatabase<boolean, string[]>;

  constructor(
    data: LmdbDatabase<Buffer, Buffer>,
    leases: LmdbDatabase<number, string>,
    leaseKeys: LmdbDatabase<boolean, string[]>,
    revision: number,
  ) {
    this.#data = data;
    this.#leases = leases;
    this.#leaseKeys = leaseKeys;
    this.revision = revision;
  }

  get(key: string): Stored | undefined {
    const bytes = this.#data.get(Buffer.from(key));
    return bytes && decodeStored(bytes);
  }

  /** Applies writes as one revision; deletes of what is not there leave no trace. `value` undefined deletes. */
  apply(writes: readonly { key: string; value: Buffer | undefined; lease?: LeaseId | undefined }[]): void {
    const revision = this.revision + 1;
    const changes: Logged[] = [];
    for (const { key, value, lease } of writes) {
      const before = this.get(key);
      if (value === undefined && before === undefined) continue;
      const createRevision = before?.createRevision ?? revision;
      const after = value === undefined ? undefined : { createRevision, modRevision: revision, lease, value };
      if (before?.lease !== undefined) this.#leaseKeys.removeSync([before.lease, key]);
      if (after === undefined) this.#data.removeSync(Buffer.from(key));
      else this.#data.putSync(Buffer.from(key), encodeStored(after));
      if (after?.lease !== undefined) this.#leaseKeys.putSync([after.lease, key], true);
      changes.push({ key, before, after });
    }
    if (changes.length === 0) return;
    this.revision = revision;
    this.log.push({ revision, changes });
  }

  hasLease(lease: LeaseId): boolean {
    return this.#leases.doesExist(lease);
  }

  addLease(lease: LeaseId, ttlMs: number): void {
    this.#leases.putSync(lease, ttlMs);
  }

  /** Ends a lease and deletes its keys, as one revision. */
  endLease(lease: LeaseId): void {
    if (!this.hasLease(lease)) return;
    this.#leases.removeSync(lease);
    const keys = [...this.#leaseKeys.getKeys({ start: [lease], end: [lease, '\u{10ffff}'] })];
    this.apply(keys.flatMap(([, key]) => (key === undefined ? [] : [{ key, value: undefined }])));
  }
}
