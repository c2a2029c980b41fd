import { DomainError, errorText, isDomainError } from '../../../src/domain/errors.ts';
import type { Database, Transaction } from './database.ts';

/** Jobs of one transaction: enough that the disk's flush is shared, few enough that the event loop is not held for long. */
const MAX_GROUP = 256;
const MAX_WAITING = 20_000;

interface Job {
  /** Runs inside the transaction. Checks first, then writes: a `DomainError` is the job's answer, and must come before its writes. */
  readonly run: (tx: Transaction) => void;
  readonly settle: (error?: DomainError) => void;
}

/** Puts what waits into one transaction, and so behind one flush to the disk. One transaction at a time. */
export class Writer {
  readonly #database: Database;
  readonly #onCommitted: () => void;
  readonly #queue: Job[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(database: Database, onCommitted: () => void) {
    this.#database = database;
    this.#onCommitted = onCommitted;
  }

  do<T>(work: (tx: Transaction) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new DomainError('unavailable', 'the store is closed'));
    if (this.#queue.length >= MAX_WAITING) {
      return Promise.reject(new DomainError('overloaded', 'too many commits are waiting for the store'));
    }
    return new Promise((resolve, reject) => {
      let outcome: { value: T } | { error: DomainError } | undefined;
      this.#queue.push({
        run: (tx) => {
          try {
            outcome = { value: work(tx) };
          } catch (error) {
            if (!isDomainError(error)) throw error;
            outcome = { error };
          }
        },
        settle: (error) => {
          if (error) reject(error);
          else if (outcome === undefined) reject(new DomainError('internal', 'a commit was not run'));
          else if ('error' in outcome) reject(outcome.error);
          else resolve(outcome.value);
        },
      });
      this.#working ??= this.#work();
    });
  }

  /** Refuses what waits; what is being written is waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.settle(new DomainError('unavailable', 'the store is closed'));
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      // The rest of this turn of the event loop may bring more.
      await new Promise((resolve) => setImmediate(resolve));
      const group = this.#queue.splice(0, MAX_GROUP);
      try {
        await this.#database.transact((tx) => {
          for (const job of group) job.run(tx);
        });
        this.#onCommitted();
        for (const job of group) job.settle();
      } catch (error) {
        const fault = writeError(error);
        for (const job of group) job.settle(fault);
      }
    }
    this.#working = undefined;
  }
}

function writeError(error: unknown): DomainError {
  const text = errorText(error);
  if (/no space left|ENOSPC|MAP_FULL/i.test(text))
    return new DomainError('overloaded', 'the disk of the store is full', { cause: error });
  return new DomainError('unavailable', 'the store could not write to its disk', { cause: error });
}
