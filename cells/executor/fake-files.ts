import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { DomainError } from '../../src/domain/errors.ts';
import type { FileEntry, FileSource, WriteOptions } from './runtime.ts';

const BLOCK = 512;

/** The files of one fake container: what was written, by absolute path. Folders and links are not kept. */
export class FakeFiles {
  readonly #files = new Map<string, Buffer>();

  get bytes(): number {
    return [...this.#files.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** @throws DomainError `not_found`; a file that was not written holds `otherwise`. */
  read(path: string, otherwise: string | undefined): Buffer {
    const bytes =
      this.#files.get(posix.normalize(path)) ?? (otherwise === undefined ? undefined : Buffer.from(otherwise));
    if (bytes === undefined) throw new DomainError('not_found', `cannot read ${path}: no such file`);
    return bytes;
  }

  async write(path: string, files: FileSource, options: WriteOptions): Promise<void> {
    let left = options.maxBytes ?? Number.POSITIVE_INFINITY;
    for await (const entry of 'tar' in files ? untar(files.tar) : files.entries) {
      if (options.signal.aborted) throw new DomainError('cancelled', `cannot write to ${path}: cancelled`);
      const target = posix.join(path, entry.name);
      if (entry.name.split('/').includes('..') || entry.name.startsWith('/')) {
        throw new DomainError('invalid_argument', `cannot write to ${path}: ${JSON.stringify(entry.name)} leaves it`);
      }
      if (entry.kind !== 'file') continue;
      const content = await bytesOf(entry);
      left -= content.length;
      if (left < 0)
        throw new DomainError('too_large', `cannot write to ${path}: more than ${options.maxBytes ?? 0} bytes`);
      this.#files.set(target, content);
    }
  }

  tar(path: string, otherwise: string | undefined, maxBytes: number): Readable {
    const top = posix.normalize(path).replace(/\/$/, '');
    const below = [...this.#files].filter(([name]) => name === top || name.startsWith(`${top}/`));
    if (below.length === 0) below.push([top, this.read(top, otherwise)]);
    const base = posix.dirname(top);
    const blocks = below.flatMap(([name, bytes]) => [
      header(posix.relative(base, name), bytes.length),
      bytes,
      Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK),
    ]);
    const tar = Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
    if (tar.length <= maxBytes) return Readable.from([tar]);
    const stream = new Readable({ read: () => undefined });
    stream.destroy(new DomainError('too_large', `cannot read ${path}: more than ${maxBytes} bytes`));
    return stream;
  }
}

async function bytesOf(entry: FileEntry): Promise<Buffer> {
  const { content = Buffer.alloc(0) } = entry;
  if (Buffer.isBuffer(content)) return content;
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** As much of ustar as tests need: short names, regular files. */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write('0000644\x000000000\x000000000\0', 100);
  block.write(`${size.toString(8).padStart(11, '0')}\0${'0'.repeat(11)}\0${' '.repeat(8)}0`, 124);
  block.write('ustar\x0000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

async function* untar(tar: Readable): AsyncGenerator<FileEntry> {
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const text = (from: number, length: number): string =>
      bytes.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const type = text(156, 1);
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    yield { name: text(0, 100), kind: type === '5' ? 'folder' : type === '2' ? 'link' : 'file', content };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}
