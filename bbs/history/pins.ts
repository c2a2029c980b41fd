import { encodeRecord } from '../codec.ts';
import { PREFIX, pinKey } from '../keys.ts';
import type { Store } from '../store/store.ts';
import { entriesBetween, numberInKey } from './buckets.ts';

/**
 * Which tasks people want kept, live or finished: a key each, beside the records, which stay sealed. There are few of them, so they are read
 * when they are needed and kept nowhere.
 */
export class Pins {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async set(number: number, pinned: boolean, by: string, nowMs: number): Promise<void> {
    const key = pinKey(number);
    const write = pinned ? { put: key, value: encodeRecord({ by, at: nowMs }) } : { delete: key };
    await this.#store.commit({ guards: [], writes: [write] });
  }

  /** Those among the numbers `first` to `last`. */
  async between(first: number, last: number): Promise<ReadonlySet<number>> {
    const numbers = new Set<number>();
    for await (const { key } of entriesBetween(this.#store, PREFIX.pin, [first, last], true))
      numbers.add(numberInKey(PREFIX.pin, key));
    return numbers;
  }
}
