import { DomainError } from '../../src/domain/errors.ts';
import { type Commit, type ListOptions, STORE_LIMITS, type Write } from './store.ts';

/** Longest key in bytes, prefix not counted. LMDB ends at 1,978. */
export const MAX_KEY_BYTES = 1_024;
/** A page ends early (with `more`) once it holds about this much, so that a page of large values cannot fill the memory. */
export const PAGE_BYTES = 16 * 1024 * 1024;
/** What one operation costs on the wire beside key and value; generous. */
const OPERATION_BYTES = 64;

export function writtenKey(write: Write): string {
  return 'put' in write ? write.put : write.delete;
}

/**
 * Refuses what an engine would refuse, before anything is sent: an oversized request must not reach the connection others use.
 * @param prefixBytes what the implementation puts before each key.
 * @returns about how many bytes the commit takes on the wire.
 */
export function checkCommit(commit: Commit, prefixBytes = 0): number {
  const operations = Math.max(commit.guards.length, commit.writes.length);
  if (operations > STORE_LIMITS.operationsPerCommit) {
    throw new DomainError(
      'too_large',
      `a commit of ${operations} operations is over the limit of ${STORE_LIMITS.operationsPerCommit}`,
    );
  }
  let bytes = 0;
  for (const guard of commit.guards) bytes += keyBytes(guard.key) + prefixBytes + OPERATION_BYTES;
  const written = new Set<string>();
  for (const write of commit.writes) {
    const key = writtenKey(write);
    // etcd refuses a key written twice in one transaction; so does every store, so that tests on one speak for the other.
    if (written.has(key)) throw new DomainError('invalid_argument', `a commit writes the key "${key}" twice`);
    written.add(key);
    bytes += keyBytes(key) + prefixBytes + OPERATION_BYTES + ('put' in write ? write.value.length : 0);
  }
  if (bytes > STORE_LIMITS.bytesPerCommit) {
    throw new DomainError(
      'too_large',
      `a commit of ${bytes} bytes is over the limit of ${STORE_LIMITS.bytesPerCommit}`,
    );
  }
  return bytes;
}

export function checkList(options: ListOptions): void {
  if (!Number.isInteger(options.limit) || options.limit < 1 || options.limit > STORE_LIMITS.pageEntries) {
    throw new DomainError('invalid_argument', `a page limit is 1 to ${STORE_LIMITS.pageEntries}, not ${options.limit}`);
  }
}

function keyBytes(key: string): number {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0) throw new DomainError('invalid_argument', 'a key must not be empty');
  if (bytes > MAX_KEY_BYTES)
    throw new DomainError('too_large', `a key of ${bytes} bytes is over the limit of ${MAX_KEY_BYTES}`);
  return bytes;
}

/** The first key behind every key that starts with `prefix`; undefined when there is none (all 0xff, or empty). */
export function prefixEnd(prefix: Buffer): Buffer | undefined {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const byte = prefix[at] ?? 0xff;
    if (byte === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, at + 1));
    end[at] = byte + 1;
    return end;
  }
  return undefined;
}

export interface KeyRange {
  /** Inclusive. */
  readonly start: Buffer;
  /** Exclusive; undefined when there is no end. */
  readonly end: Buffer | undefined;
}

/** What is left of a prefix, as a page of these options reads it. May be empty (end not above start). */
export function rangeLeft(
  prefix: string,
  { after: mark, below, reverse = false }: Pick<ListOptions, 'after' | 'below' | 'reverse'>,
  encode = (key: string): Buffer => Buffer.from(key),
): KeyRange {
  const start = encode(prefix);
  const [after, bound] = [mark, below].map((key) => (key === undefined ? undefined : encode(key)));
  const end = lowest([prefixEnd(start), bound, reverse ? after : undefined]);
  if (after === undefined || reverse) return { start, end };
  // One zero byte makes the very next key in byte order.
  return { start: Buffer.compare(after, start) < 0 ? start : Buffer.concat([after, Buffer.alloc(1)]), end };
}

function lowest(keys: readonly (Buffer | undefined)[]): Buffer | undefined {
  return keys.filter((key) => key !== undefined).toSorted((a, b) => Buffer.compare(a, b))[0];
}
