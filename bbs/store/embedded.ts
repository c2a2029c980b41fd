import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../src/domain/errors.ts';
import { acquireLock } from '../../src/platform/lock-file.ts';
import { toEntry } from './embedded/codec.ts';
import { Database, type History, type Transaction } from './embedded/database.ts';
import { Leases, type MonotonicClock } from './embedded/leases.ts';
import { readPage } from './embedded/page.ts';
import { Subscribers } from './embedded/subscribers.ts';
import { Writer } from './embedded/writer.ts';
import { checkCommit, checkList } from './limits.ts';
import type {
  ChangeBatch,
  Commit,
  CommitResult,
  Entry,
  Guard,
  LeaseId,
  ListOptions,
  Page,
  Store,
  StoreStatus,
} from './store.ts';

/** Version of the files' layout. */
const LAYOUT = '1';
const DEFAULT_HISTORY: History = { revisions: 10_000, bytes: 256 * 1024 * 1024 };

export interface EmbeddedStoreOptions {
  /** A folder of its own; made when it is not there. */
  readonly path: string;
  readonly clock?: MonotonicClock;
  readonly history?: Partial<History>;
}

/**
 * The store in this process, on LMDB files; what was acknowledged is on disk.
 * @throws DomainError `unavailable` when another process has it open.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  mkdirSync(options.path, { recursive: true, mode: 0o700 });
  const { release } = acquireLock(join(options.path, 'owner.lock'), `the store at ${options.path}`);
  try {
    const database = new Database(options.path, { ...DEFAULT_HISTORY, ...options.history });
    return new EmbeddedStore(database, options.clock ?? performance, release);
  } catch (error) {
    release();
    throw error;
  }
}

class EmbeddedStore implements Store {
  readonly #database: Database;
  readonly #writer: Writer;
  readonly #leases: Leases;
  readonly #subscribers: Subscribers;
  readonly #release: () => void;
  #closing: Promise<void> | undefined;

  constructor(database: Database, clock: MonotonicClock, release: () => void) {
    this.#database = database;
    this.#release = release;
    this.#subscribers = new Subscribers(database);
    this.#writer = new Writer(database, () => this.#subscribers.wake());
    this.#leases = new Leases(clock, (lease) => this.#expire(lease));
    // Nobody could renew while no process was running: every lease left behind gets its whole time again.
    for (const { lease, ttlMs } of database.leases()) this.#leases.add(lease, ttlMs);
  }

  async get(key: string): Promise<Entry | undefined> {
    const stored = this.#open().get(key);
    return stored && toEntry(key, stored);
  }

  async list(prefix: string, options: ListOptions): Promise<Page> {
    checkList(options);
    return readPage(this.#open(), prefix, options);
  }

  async commit(commit: Commit): Promise<CommitResult> {
    checkCommit(commit);
    return this.#writer.do((tx) => {
      if (!commit.guards.every((guard) => holds(tx, guard))) return { committed: false, revision: tx.revision };
      const writes = commit.writes.map((write) => {
        if ('delete' in write) return { key: write.delete, value: undefined };
        if (write.lease !== undefined && !tx.hasLease(write.lease))
          throw new DomainError('not_found', 'the lease is gone');
        return { key: write.put, value: write.value, lease: write.lease };
      });
      tx.apply(writes);
      return { committed: true, revision: tx.revision };
    });
  }

  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<ChangeBatch> {
    this.#open();
    return this.#subscribers.watch(prefix, afterRevision, signal);
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    const lease = randomBytes(8).toString('hex');
    await this.#writer.do((tx) => tx.addLease(lease, ttlMs));
    this.#leases.add(lease, ttlMs);
    return lease;
  }

  async renewLease(lease: LeaseId): Promise<boolean> {
    this.#open();
    return this.#leases.renew(lease);
  }

  async revokeLease(lease: LeaseId): Promise<void> {
    await this.#writer.do((tx) => tx.endLease(lease));
    this.#leases.drop(lease);
  }

  async ping(_timeoutMs: number): Promise<StoreStatus> {
    return { kind: 'embedded', version: LAYOUT, revision: this.#open().meta.revision, warnings: [] };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#leases.close();
    this.#subscribers.close();
    await this.#writer.close();
    await this.#database.close();
    this.#release();
  }

  /** The database, as new as the last answered commit. */
  #open(): Database {
    if (this.#closing) throw new DomainError('unavailable', 'the store is closed');
    this.#database.refresh();
    return this.#database;
  }

  async #expire(lease: LeaseId): Promise<void> {
    try {
      const ended = await this.#writer.do((tx) => {
        if (!this.#leases.isExpired(lease)) return false;
        tx.endLease(lease);
        return true;
      });
      if (ended) this.#leases.drop(lease);
    } catch {
      // A full disk, or closing: the lease stays, and the next sweep or the next start tries again.
    }
  }
}

function holds(tx: Transaction, guard: Guard): boolean {
  const stored = tx.get(guard.key);
  if ('modRevision' in guard) return (stored?.modRevision ?? 0) === guard.modRevision;
  return (stored?.createRevision ?? 0) === guard.createRevision;
}
