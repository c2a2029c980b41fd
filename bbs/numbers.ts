import { DomainError } from '../src/domain/errors.ts';
import { NUMBER_KEY } from './keys.ts';
import type { Store } from './store/store.ts';

const MOST = 256;
const BUSY_MS = 1_000;
const TRIES = 50;

/**
 * Hands out task numbers: cluster-wide, growing, with gaps. Taken from the store in blocks, which are single numbers while
 * little happens (so that two BBS processes number in the order of arrival) and grow under load.
 */
export class Numbers {
  readonly #store: Store;
  #next = 0;
  #end = 0;
  #block = 1;
  #takenAt = Number.NEGATIVE_INFINITY;
  #taking: Promise<void> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  async take(): Promise<number> {
    while (this.#next >= this.#end) {
      this.#taking ??= this.#refill().finally(() => {
        this.#taking = undefined;
      });
      await this.#taking;
    }
    const number = this.#next;
    this.#next += 1;
    return number;
  }

  /** Drops what was taken: the store does not know of it any more. */
  forget(): void {
    this.#end = 0;
    this.#next = 0;
  }

  async #refill(): Promise<void> {
    const now = performance.now();
    this.#block = now - this.#takenAt < BUSY_MS ? Math.min(this.#block * 2, MOST) : 1;
    this.#takenAt = now;
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const entry = await this.#store.get(NUMBER_KEY);
      const first = entry === undefined ? 1 : Number(entry.value.toString());
      const { committed } = await this.#store.commit({
        guards: [{ key: NUMBER_KEY, modRevision: entry?.modRevision ?? 0 }],
        writes: [{ put: NUMBER_KEY, value: Buffer.from(String(first + this.#block)) }],
      });
      if (!committed) continue;
      this.#next = first;
      this.#end = first + this.#block;
      return;
    }
    throw new DomainError('conflict', 'too many processes take task numbers at once; try again');
  }
}
