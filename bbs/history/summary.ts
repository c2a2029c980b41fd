import { nanosToMs } from '../../src/domain/duration.ts';
import { decodeRecord, encodeRecord } from '../codec.ts';
import type { Block } from './block.ts';
import { BUCKET } from './buckets.ts';

/**
 * What every BBS keeps in memory of a block: which numbers it has, and enough of guids and domains to say which blocks need not be read.
 * About a kilobyte a block, 8 MB for a million records.
 */
export interface Summary {
  /** Offsets of the numbers within the bucket, growing. */
  readonly offsets: Uint8Array;
  /** Of the guids, in the order of the offsets. */
  readonly guidHashes: Uint32Array;
  /** Of the domains, each once. */
  readonly domainHashes: Uint32Array;
  /** UNIX milliseconds: when the last of them was resolved. */
  readonly newestMs: number;
  /** On the store, with what is kept apart. */
  readonly bytes: number;
}

/** As it is stored: JSON, with the arrays as base64 of their bytes. */
interface StoredSummary {
  readonly offsets: string;
  readonly guids: string;
  readonly domains: string;
  readonly newest_ms: number;
  readonly bytes: number;
}

export function summaryOf({ entries }: Block, blockBytes: number): Summary {
  return {
    offsets: Uint8Array.from(entries, ({ number }) => number % BUCKET),
    guidHashes: Uint32Array.from(entries, ({ task_guid }) => hashOf(task_guid)),
    domainHashes: Uint32Array.from(new Set(entries.map(({ domain }) => hashOf(domain)))),
    newestMs: Math.max(0, ...entries.map(({ resolved_at }) => nanosToMs(BigInt(resolved_at)))),
    bytes: entries.reduce((sum, { apart }) => sum + apart, blockBytes),
  };
}

export function encodeSummary({ offsets, guidHashes, domainHashes, newestMs, bytes }: Summary): Buffer {
  const stored: StoredSummary = {
    offsets: Buffer.from(offsets).toString('base64'),
    guids: hashesToText(guidHashes),
    domains: hashesToText(domainHashes),
    newest_ms: newestMs,
    bytes,
  };
  return encodeRecord(stored);
}

/** @throws Error for bytes that are no summary of a version this program knows. */
export function decodeSummary(value: Buffer): Summary {
  const { offsets, guids, domains, newest_ms, bytes } = decodeRecord<StoredSummary>(value);
  return {
    // Copied: a small buffer would hold on to the pool it was cut from.
    offsets: Uint8Array.from(Buffer.from(offsets, 'base64')),
    guidHashes: hashesFromText(guids),
    domainHashes: hashesFromText(domains),
    newestMs: newest_ms,
    bytes,
  };
}

/** FNV-1a, 32 bits: tells that a block does not have something; that it has, only the block tells. Stored, so it must stay what it is. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** In the byte order of the machine, which is little end first on all that Node runs on. */
function hashesToText(hashes: Uint32Array): string {
  return Buffer.from(hashes.buffer, hashes.byteOffset, hashes.byteLength).toString('base64');
}

function hashesFromText(text: string): Uint32Array {
  // Copied to where four bytes begin at a multiple of four.
  return new Uint32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
}
