import { DomainError } from '../../../src/domain/errors.ts';
import { PAGE_BYTES, rangeLeft } from '../limits.ts';
import type { Entry, ListOptions, Page } from '../store.ts';
import { type Stored, toEntry } from './codec.ts';
import type { Database } from './database.ts';

const NO_VALUE = Buffer.alloc(0);

interface Found {
  readonly key: Buffer;
  readonly stored: Stored;
}

/** One page of a prefix, as of now or as of an older revision that the log still reaches. Synchronous, so one snapshot. */
export function readPage(database: Database, prefix: string, options: ListOptions): Page {
  const { revision: now, compacted } = database.meta;
  const revision = options.revision ?? now;
  if (revision < compacted || revision > now) {
    throw new DomainError('compacted', 'the store no longer keeps this revision');
  }
  const reverse = options.reverse ?? false;
  const { start, end } = rangeLeft(prefix, options);
  const isInside = (key: Buffer): boolean =>
    Buffer.compare(key, start) >= 0 && (end === undefined || Buffer.compare(key, end) < 0);
  const past = asOf(database, revision, now, isInside);

  const found: Found[] = [];
  let bytes = 0;
  let cut = false;
  if (end === undefined || Buffer.compare(start, end) < 0) {
    for (const next of database.range(start, end, reverse)) {
      if (past.has(next.key.toString())) continue;
      found.push(next);
      bytes += next.stored.value.length;
      cut = bytes > PAGE_BYTES && !options.keysOnly;
      if (cut || found.length > options.limit) break;
    }
  }
  const edge = found.at(-1)?.key;
  for (const [text, stored] of past) {
    if (stored) found.push({ key: Buffer.from(text), stored });
  }
  const order = reverse ? -1 : 1;
  found.sort((a, b) => order * Buffer.compare(a.key, b.key));
  // Where reading stopped early for size, nothing behind that point may be told: keys between are not known.
  const known = cut && edge ? found.filter(({ key }) => order * Buffer.compare(key, edge) <= 0) : found;
  const page = known.slice(0, options.limit);
  return {
    entries: page.map(({ key, stored }) => entry(key, stored, options.keysOnly ?? false)),
    revision,
    more: cut || known.length > page.length,
  };
}

function entry(key: Buffer, stored: Stored, keysOnly: boolean): Entry {
  return toEntry(key.toString(), keysOnly ? { ...stored, value: NO_VALUE } : stored);
}

/** What every key that changed after `revision` was at that revision: the old side of its first change behind it. */
function asOf(
  database: Database,
  revision: number,
  now: number,
  isInside: (key: Buffer) => boolean,
): Map<string, Stored | undefined> {
  const past = new Map<string, Stored | undefined>();
  if (revision === now) return past;
  for (const { changes } of database.changesAfter(revision)) {
    for (const { key, before } of changes) {
      if (!past.has(key) && isInside(Buffer.from(key))) past.set(key, before);
    }
  }
  return past;
}
