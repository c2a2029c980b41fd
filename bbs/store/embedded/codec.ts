import type { Change, Entry, LeaseId } from '../store.ts';

/** What is stored under a key. Numbers are 48-bit: 2^48 commits are 350 years at 25,000 a second. */
export interface Stored {
  readonly createRevision: number;
  readonly modRevision: number;
  readonly lease: LeaseId | undefined;
  readonly value: Buffer;
}

/** One change in the log, with both sides: the new one for watches, the old one to read a prefix as of an older revision. */
export interface Logged {
  readonly key: string;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

const NUMBER_BYTES = 6;
const LEASE_BYTES = 8;
const STORED_HEAD = 2 * NUMBER_BYTES + LEASE_BYTES;

export function encodeStored(stored: Stored): Buffer {
  const bytes = Buffer.alloc(STORED_HEAD + stored.value.length);
  bytes.writeUIntBE(stored.createRevision, 0, NUMBER_BYTES);
  bytes.writeUIntBE(stored.modRevision, NUMBER_BYTES, NUMBER_BYTES);
  // All zero: no lease.
  if (stored.lease !== undefined) bytes.write(stored.lease, 2 * NUMBER_BYTES, LEASE_BYTES, 'hex');
  stored.value.copy(bytes, STORED_HEAD);
  return bytes;
}

export function decodeStored(bytes: Buffer): Stored {
  const lease = bytes.toString('hex', 2 * NUMBER_BYTES, STORED_HEAD);
  return {
    createRevision: bytes.readUIntBE(0, NUMBER_BYTES),
    modRevision: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
    lease: /^0+$/.test(lease) ? undefined : lease,
    value: bytes.subarray(STORED_HEAD),
  };
}

export function toEntry(key: string, stored: Stored): Entry {
  return { key, value: stored.value, createRevision: stored.createRevision, modRevision: stored.modRevision };
}

export function toChange(revision: number, { key, after }: Logged): Change {
  return { key, revision, entry: after && toEntry(key, after) };
}

/** Each part goes in with its length before it; a side that is missing has the length 0, which no `Stored` has. */
export function encodeLogged(changes: readonly Logged[]): Buffer {
  const parts: Buffer[] = [];
  const push = (part: Buffer): void => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    parts.push(length, part);
  };
  for (const { key, before, after } of changes) {
    push(Buffer.from(key));
    push(before ? encodeStored(before) : Buffer.alloc(0));
    push(after ? encodeStored(after) : Buffer.alloc(0));
  }
  return Buffer.concat(parts);
}

export function decodeLogged(bytes: Buffer): Logged[] {
  const changes: Logged[] = [];
  let at = 0;
  const next = (): Buffer => {
    const length = bytes.readUInt32BE(at);
    const part = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return part;
  };
  const side = (part: Buffer): Stored | undefined => (part.length === 0 ? undefined : decodeStored(part));
  while (at < bytes.length) changes.push({ key: next().toString(), before: side(next()), after: side(next()) });
  return changes;
}
