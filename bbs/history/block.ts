import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { DomainError } from '../../src/domain/errors.ts';
import { decodeRecord, versioned } from '../codec.ts';
import type { HistoryRecord } from '../records.ts';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);
/** Quality 5 makes a block a tenth of its records; 9 takes four times as long for a twentieth less. */
const QUALITY = 5;
/** The most a block is unpacked to: what is written stays below it, and what is damaged does not fill the memory. */
const UNPACKED_MAX_BYTES = 16 * 1024 * 1024;
/**
 * A record over this is kept apart, and so the largest block fits into one commit, even of text that does not compress.
 */
export const INLINE_MAX_BYTES = 8 * 1024;

/** A record and its line in a block, which is long and so made once. */
export interface Lined {
  readonly record: HistoryRecord;
  readonly line: string;
}

export function lined(record: HistoryRecord): Lined {
  return { record, line: versioned(record) };
}

/** What a block's first line tells of each of its records, in the order of their lines. */
export interface BlockEntry {
  readonly number: number;
  readonly task_guid: string;
  readonly domain: string;
  /** UNIX nanoseconds, as text. */
  readonly resolved_at: string;
  /** Size of the record where it is kept apart, compressed; 0 where it is in the block. */
  readonly apart: number;
}

/**
 * Sealed records of one bucket: an opening line that tells what is in it, then one line of JSON for each record, so that one of them is
 * read without reading the others. Kept compressed.
 */
export class Block {
  readonly #entries: readonly BlockEntry[];
  readonly #lines: readonly string[];

  private constructor(entries: readonly BlockEntry[], lines: readonly string[]) {
    this.#entries = entries;
    this.#lines = lines;
  }

  static readonly empty = new Block([], []);

  /** @throws Error for bytes that are no block of a version this program knows. */
  static async decode(bytes: Buffer): Promise<Block> {
    const [head = '', ...lines] = (await unpack(bytes)).split('\n');
    return new Block(decodeRecord<{ entries: readonly BlockEntry[] }>(Buffer.from(head)).entries, lines);
  }

  async encode(): Promise<Buffer> {
    return await pack([versioned({ entries: this.#entries }), ...this.#lines].join('\n'));
  }

  /** By growing number. */
  get entries(): readonly BlockEntry[] {
    return this.#entries;
  }

  entry(number: number): BlockEntry | undefined {
    return this.#entries.find((entry) => entry.number === number);
  }

  /** @throws DomainError `internal` for a number that is not in the block, or whose record is kept apart. */
  record(number: number): HistoryRecord {
    const line = this.#lines[this.#entries.findIndex((entry) => entry.number === number)];
    if (line === undefined || line === '') throw new DomainError('internal', `no record ${number} in its block`);
    return decodeRecord<HistoryRecord>(Buffer.from(line));
  }

  /** Without the others. */
  only(stays: (entry: BlockEntry) => boolean): Block {
    const kept = this.#entries
      .map((entry, at) => ({ entry, line: this.#lines[at] ?? '' }))
      .filter(({ entry }) => stays(entry));
    return new Block(
      kept.map(({ entry }) => entry),
      kept.map(({ line }) => line),
    );
  }

  /** With these records too, each instead of an older one of its number. `apart` are the sizes of those that are kept apart. */
  with(records: readonly Lined[], apart: ReadonlyMap<number, number>): Block {
    const known = new Map(this.#entries.map((entry, at) => [entry.number, { entry, line: this.#lines[at] ?? '' }]));
    for (const { record, line } of records) {
      const { number, task_guid, domain, resolved_at } = record;
      const size = apart.get(number);
      known.set(number, {
        entry: { number, task_guid, domain, resolved_at, apart: size ?? 0 },
        line: size === undefined ? line : '',
      });
    }
    const all = [...known.values()].sort((a, b) => a.entry.number - b.entry.number);
    return new Block(
      all.map(({ entry }) => entry),
      all.map(({ line }) => line),
    );
  }
}

/** Of a record that is kept apart. */
export async function packRecord({ line }: Lined): Promise<Buffer> {
  return await pack(line);
}

export async function unpackRecord(bytes: Buffer): Promise<HistoryRecord> {
  return decodeRecord<HistoryRecord>(Buffer.from(await unpack(bytes)));
}

async function pack(text: string): Promise<Buffer> {
  const bytes = Buffer.from(text);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  // On a thread of its own: no call waits for it.
  return await compress(bytes, { params });
}

async function unpack(bytes: Buffer): Promise<string> {
  return (await decompress(bytes, { maxOutputLength: UNPACKED_MAX_BYTES })).toString();
}
