import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ChangeBatch,
  Commit,
  CommitResult,
  Entry,
  LeaseId,
  ListOptions,
  Page,
  Store,
  StoreStatus,
} from '../../bbs/store/store.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Revision } from '../faults/checker.ts';

/**
 * A real store behind a bad line. Of its commits some happen and answer `unavailable`, some never happen and answer the same, and
 * some happen only after that answer was given (a commit may still be under way): whoever commits has to find out by himself.
 */
export class FaultyStore implements Store {
  readonly #real: Store;
  readonly #late = new Set<Promise<unknown>>();
  /** Undefined: a good line. */
  seed: number | undefined;

  constructor(real: Store) {
    this.#real = real;
  }

  /** Every commit that was late has happened. */
  async settled(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  async get(key: string): Promise<Entry | undefined> {
    if (this.#dice() < 0.02) throw gone();
    return await this.#real.get(key);
  }

  async list(prefix: string, options: ListOptions): Promise<Page> {
    return await this.#real.list(prefix, options);
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const dice = this.#dice();
    if (dice < 0.05) throw gone();
    if (dice < 0.12) {
      await this.#real.commit(commit);
      throw gone();
    }
    if (dice < 0.17) {
      const late: Promise<unknown> = sleep(20 + dice * 2_000)
        .then(async () => await this.#real.commit(commit))
        .catch(() => undefined)
        .finally(() => this.#late.delete(late));
      this.#late.add(late);
      throw gone();
    }
    if (dice < 0.4) await sleep(dice * 20);
    const result = await this.#real.commit(commit);
    if (dice > 0.8) await sleep((dice - 0.8) * 50);
    return result;
  }

  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<ChangeBatch> {
    return this.#real.watch(prefix, afterRevision, signal);
  }

  grantLease(ttlMs: number): Promise<LeaseId> {
    return this.#real.grantLease(ttlMs);
  }

  renewLease(lease: LeaseId): Promise<boolean> {
    return this.#real.renewLease(lease);
  }

  revokeLease(lease: LeaseId): Promise<void> {
    return this.#real.revokeLease(lease);
  }

  ping(timeoutMs: number): Promise<StoreStatus> {
    return this.#real.ping(timeoutMs);
  }

  /** The real store is its owner's to close. */
  async close(): Promise<void> {
    await this.settled();
  }

  /** 0 to 1, from the seed (mulberry32). */
  #dice(): number {
    if (this.seed === undefined) return 0.5;
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
}

function gone(): DomainError {
  return new DomainError('unavailable', 'the test lost it');
}

/** Everything that ever happened in a store, up to now. */
export async function readHistory(store: Store): Promise<Revision[]> {
  const { revision: until } = await store.list('task/', { limit: 1 });
  const history: Revision[] = [];
  const stop = new AbortController();
  for await (const batch of store.watch('', 0, stop.signal)) {
    for (const { key, revision, entry } of batch.changes)
      if (revision <= until) history.push({ revision, key, value: entry?.value.toString() });
    if (batch.revision >= until) break;
  }
  stop.abort();
  return history;
}
