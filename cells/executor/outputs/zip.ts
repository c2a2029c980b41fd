import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';

/** What a reader needs to give one file out again. */
export interface ZipFile {
  /** With a slash at the end: an empty folder. */
  readonly path: string;
  readonly size: number;
  readonly compressedSize: number;
  /** Permission bits. */
  readonly mode: number;
  /** Empty for files. */
  readonly linkTarget: string;
  /** Of the content, in hex. */
  readonly sha256: string;
  /** UNIX seconds. */
  readonly modifiedAt: number;
  /** Where its bytes begin in the archive. */
  readonly dataAt: number;
  /** False: as they are. */
  readonly deflated: boolean;
}

export interface FileFacts {
  readonly path: string;
  readonly mode: number;
  readonly modifiedAt: number;
}

interface Entry extends ZipFile {
  readonly headerAt: number;
  readonly crc: number;
  /** The local header tells the sizes, and nothing comes behind the bytes. */
  readonly sizesBefore?: boolean;
}

const LOCAL = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const MADE_BY_UNIX = (3 << 8) | VERSION;
const SIZES_FOLLOW = 1 << 3;
const UTF8 = 1 << 11;
const STORED = 0;
const DEFLATED = 8;
const REGULAR = 0o100000;
const LINK = 0o120000;
const FOLDER = 0o040000;
/** The same as DOS says it. */
const DOS_FOLDER = 0x10;
/** Most of the gain for a part of the time: a cell has better to do. */
const LEVEL = 4;
const WRITE_BYTES = 256 * 1_024;

/**
 * Writes a ZIP from front to back, each file deflated by itself, so that one of them can be read without the others. Sizes come behind a
 * file's bytes and again in the directory at the end. No ZIP64: its user keeps below 4 GiB and 65,535 files.
 */
export class ZipWriter {
  readonly #file: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #entries: Entry[] = [];
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #at = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<ZipWriter> {
    return new ZipWriter(await open(path, 'w+', 0o600));
  }

  get files(): readonly ZipFile[] {
    return this.#entries;
  }

  /** What was written of a file that breaks off stays in the archive as dead bytes that no directory names. */
  async addFile(facts: FileFacts, content: AsyncIterable<Buffer>): Promise<ZipFile> {
    const headerAt = this.#at;
    const unknown = { crc: 0, compressed: 0, size: 0 };
    await this.#write(header(LOCAL, facts, { flags: SIZES_FOLLOW | UTF8, method: DEFLATED, ...unknown }));
    const dataAt = this.#at;
    const hash = createHash('sha256');
    let crc = 0;
    let size = 0;
    async function* measured(): AsyncGenerator<Buffer> {
      for await (const piece of content) {
        hash.update(piece);
        crc = crc32(piece, crc);
        size += piece.length;
        yield piece;
      }
    }
    await pipeline(
      Readable.from(measured(), { objectMode: false }),
      createDeflateRaw({ level: LEVEL }),
      async (deflated) => {
        for await (const piece of deflated as AsyncIterable<Buffer>) await this.#write(piece);
      },
    );
    const compressedSize = this.#at - dataAt;
    const descriptor = Buffer.alloc(16);
    descriptor.writeUInt32LE(DESCRIPTOR, 0);
    descriptor.writeUInt32LE(crc, 4);
    descriptor.writeUInt32LE(compressedSize, 8);
    descriptor.writeUInt32LE(size, 12);
    await this.#write(descriptor);
    const sha256 = hash.digest('hex');
    return this.#keep({
      ...facts,
      size,
      compressedSize,
      linkTarget: '',
      sha256,
      dataAt,
      deflated: true,
      headerAt,
      crc,
    });
  }

  /** The same content under a second name. */
  async addCopy(facts: FileFacts, first: ZipFile): Promise<ZipFile> {
    const source = this.#entries.find(({ dataAt }) => dataAt === first.dataAt);
    if (source === undefined) throw new RangeError(`${first.path} is in another archive`);
    const { size, compressedSize, sha256, crc } = source;
    const headerAt = this.#at;
    const sums = { crc, compressed: compressedSize, size };
    await this.#write(header(LOCAL, facts, { flags: UTF8, method: DEFLATED, ...sums }));
    const dataAt = this.#at;
    await this.#flush();
    for (let done = 0; done < compressedSize; ) {
      const piece = Buffer.alloc(Math.min(WRITE_BYTES, compressedSize - done));
      const { bytesRead } = await this.#file.read(piece, 0, piece.length, source.dataAt + done);
      if (bytesRead === 0) throw new RangeError(`the archive ended inside ${first.path}`);
      await this.#write(piece.subarray(0, bytesRead));
      done += bytesRead;
    }
    const more = { size, compressedSize, sha256, crc, linkTarget: '', deflated: true, sizesBefore: true };
    return this.#keep({ ...facts, ...more, dataAt, headerAt });
  }

  async addLink(facts: FileFacts, target: string): Promise<ZipFile> {
    const content = Buffer.from(target);
    const headerAt = this.#at;
    const { length } = content;
    const sums = { flags: UTF8, method: STORED, crc: crc32(content), compressed: length, size: length };
    await this.#write(header(LOCAL, facts, sums));
    const dataAt = this.#at;
    await this.#write(content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const more = {
      size: length,
      compressedSize: length,
      linkTarget: target,
      sha256,
      deflated: false,
      sizesBefore: true,
    };
    return this.#keep({ ...facts, ...more, dataAt, headerAt, crc: sums.crc });
  }

  /** An empty one; those that hold something are in the paths of what they hold. */
  async addFolder({ path, ...facts }: FileFacts): Promise<ZipFile> {
    const named = { ...facts, path: `${path}/` };
    const headerAt = this.#at;
    const sums = { flags: UTF8, method: STORED, crc: 0, compressed: 0, size: 0 };
    await this.#write(header(LOCAL, named, sums));
    const sha256 = createHash('sha256').digest('hex');
    const nothing = { size: 0, compressedSize: 0, linkTarget: '', sha256, deflated: false, sizesBefore: true, crc: 0 };
    return this.#keep({ ...named, ...nothing, dataAt: this.#at, headerAt });
  }

  /** Writes the directory; everything is on disk when this resolves. */
  async close(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    const directoryAt = this.#at;
    for (const entry of this.#entries) {
      const { size, compressedSize: compressed, crc, deflated } = entry;
      const flags = entry.sizesBefore === true ? UTF8 : SIZES_FOLLOW | UTF8;
      const method = deflated ? DEFLATED : STORED;
      await this.#write(header(CENTRAL, entry, { flags, method, crc, compressed, size }, entry));
    }
    const end = Buffer.alloc(22);
    end.writeUInt32LE(END, 0);
    end.writeUInt16LE(this.#entries.length, 8);
    end.writeUInt16LE(this.#entries.length, 10);
    end.writeUInt32LE(this.#at - directoryAt, 12);
    end.writeUInt32LE(directoryAt, 16);
    await this.#write(end);
    await this.#flush();
    await this.#file.datasync();
    await this.#file.close();
    return { bytes: this.#at, sha256: this.#hash.digest('hex') };
  }

  /** Lets go of the file; what is in it is of no use. */
  async abandon(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }

  #keep(entry: Entry): Entry {
    this.#entries.push(entry);
    return entry;
  }

  async #write(bytes: Buffer): Promise<void> {
    this.#at += bytes.length;
    this.#hash.update(bytes);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= WRITE_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#file.appendFile(bytes);
  }
}

interface Sums {
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressed: number;
  readonly size: number;
}

/** A local header and a directory entry hold the same facts in the same order; the directory's has more around them. */
function header(signature: number, facts: FileFacts, sums: Sums, central?: Entry): Buffer {
  const name = Buffer.from(facts.path);
  const before = central === undefined ? 4 : 6;
  const bytes = Buffer.alloc((central === undefined ? 30 : 46) + name.length);
  bytes.writeUInt32LE(signature, 0);
  if (central !== undefined) bytes.writeUInt16LE(MADE_BY_UNIX, 4);
  bytes.writeUInt16LE(VERSION, before);
  bytes.writeUInt16LE(sums.flags, before + 2);
  bytes.writeUInt16LE(sums.method, before + 4);
  bytes.writeUInt32LE(dosTime(facts.modifiedAt), before + 6);
  bytes.writeUInt32LE(sums.crc, before + 10);
  bytes.writeUInt32LE(sums.compressed, before + 14);
  bytes.writeUInt32LE(sums.size, before + 18);
  bytes.writeUInt16LE(name.length, before + 22);
  if (central !== undefined) {
    const isFolder = facts.path.endsWith('/');
    const kind = isFolder ? FOLDER : central.linkTarget === '' ? REGULAR : LINK;
    bytes.writeUInt32LE((((kind | central.mode) << 16) | (isFolder ? DOS_FOLDER : 0)) >>> 0, 38);
    bytes.writeUInt32LE(central.headerAt, 42);
  }
  name.copy(bytes, bytes.length - name.length);
  return bytes;
}

/** Date and time as DOS had them, in UTC: two seconds at a time, from 1980 on. */
function dosTime(seconds: number): number {
  const date = new Date(Math.max(seconds, 315_532_800) * 1_000);
  const day = ((date.getUTCFullYear() - 1_980) << 9) | ((date.getUTCMonth() + 1) << 5) | date.getUTCDate();
  const time = (date.getUTCHours() << 11) | (date.getUTCMinutes() << 5) | (date.getUTCSeconds() >> 1);
  return ((day << 16) | time) >>> 0;
}
