import type { Entry, Page, Store } from '../store/store.ts';

/*
 * Finished tasks are put together by their numbers, so many at a time: which bucket a task is in never changes and is in its number, so
 * a record can be brought to its bucket twice and is there once.
 */

/** Numbers in one bucket. A block of so many records is about 30 KiB, and a million records are 7,800 keys. */
export const BUCKET = 128;

export const bucketOf = (number: number): number => Math.floor(number / BUCKET);

/** Numbers in keys are padded, so that key order is number order. */
export const padded = (number: number): string => String(number).padStart(16, '0');

/** Of a key that has a padded number behind `prefix`. */
export const numberInKey = (prefix: string, key: string): number =>
  Number(key.slice(prefix.length, prefix.length + 16));

/** @throws Error for a key that holds none. */
export function numberOfKey(prefix: string, key: string): number {
  const number = numberInKey(prefix, key);
  if (!Number.isSafeInteger(number)) throw new Error('no number in its key');
  return number;
}

const PAGE = 256;

/** The keys with numbers `first` to `last` behind `prefix`, in order. */
export async function* entriesBetween(
  store: Store,
  prefix: string,
  [first, last]: readonly [number, number],
  keysOnly = false,
): AsyncGenerator<Entry> {
  // Behind the bare number, which is no key itself, comes the first key that begins with it.
  let after = prefix + padded(first);
  const below = prefix + padded(last + 1);
  for (;;) {
    const page: Page = await store.list(prefix, { limit: PAGE, after, below, keysOnly });
    for (const entry of page.entries) {
      yield entry;
      after = entry.key;
    }
    if (!page.more) return;
  }
}
