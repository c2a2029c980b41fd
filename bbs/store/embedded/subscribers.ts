import { DomainError } from '../../../src/domain/errors.ts';
import type { Change, ChangeBatch } from '../store.ts';
import { toChange } from './codec.ts';
import type { Database } from './database.ts';

/** How much of the log one batch is made of: a reader that is far behind gets it in pieces. */
const BATCH_BYTES = 1024 * 1024;
/** A watch of a quiet prefix tells how far it is every so many revisions, long before the log has forgotten them. */
const PROGRESS_EVERY = 1_000;

/** Watches. Each reads the log at its reader's pace, so nothing is kept in memory for a slow one. */
export class Subscribers {
  readonly #database: Database;
  readonly #wakers = new Set<() => void>();
  #closed = false;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Something was committed. */
  wake(): void {
    for (const waker of this.#wakers) waker();
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }

  async *watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncGenerator<ChangeBatch, void> {
    let read = afterRevision;
    let told = afterRevision;
    while (!signal.aborted && !this.#closed) {
      this.#database.refresh();
      const { revision, compacted } = this.#database.meta;
      if (read < compacted) throw new DomainError('compacted', 'the store no longer keeps the changes asked for');
      if (read >= revision) {
        await this.#commit(signal);
        continue;
      }
      const changes: Change[] = [];
      for (const logged of this.#database.changesAfter(read, BATCH_BYTES)) {
        read = logged.revision;
        for (const change of logged.changes) if (change.key.startsWith(prefix)) changes.push(toChange(read, change));
      }
      if (changes.length === 0 && read - told < PROGRESS_EVERY) continue;
      told = read;
      yield { revision: read, changes };
    }
  }

  /** Until the next commit, or the end. Nothing is missed: the log was read in this same turn of the event loop. */
  #commit(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
