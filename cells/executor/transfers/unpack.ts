import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { DomainError } from '../../../src/domain/errors.ts';
import type { FileEntry } from '../runtime.ts';

const BLOCK = 512;
/** A link's target in a zip is its content; a path is never longer. */
const TARGET_MAX = 4_096;

/**
 * What an archive holds, whichever kind it is, told by its content and not by its name: tar, gzip of a tar, zip. Entries come in
 * the archive's order; a file's content has to be read before the next entry is asked for.
 *
 * Refused, because they would write outside the folder they are unpacked to: names with `..`, hard links that lead out of it, and
 * whatever is laid on or below a link of the same archive. Devices and the like are refused, too. A hard link becomes a symbolic one.
 */
export async function* archiveEntries(path: string, signal: AbortSignal): AsyncGenerator<FileEntry> {
  const kind = await kindOf(path);
  const links = new Set<string>();
  for await (const entry of kind === 'zip' ? zipEntries(path, signal) : tarEntries(path, kind === 'gzip', signal)) {
    signal.throwIfAborted();
    // The archive's own folder.
    if (entry.name === '') continue;
    for (let at = entry.name; at !== '.'; at = posix.dirname(at)) {
      if (links.has(at)) throw bad(entry.name, 'it would be written through a link of the same archive');
    }
    if (entry.kind === 'link') links.add(entry.name);
    yield entry;
  }
}

async function kindOf(path: string): Promise<'tar' | 'gzip' | 'zip'> {
  const file = await open(path, 'r');
  try {
    const block = Buffer.alloc(BLOCK);
    const { bytesRead } = await file.read(block, 0, BLOCK, 0);
    if (bytesRead >= 2 && block.readUInt16BE(0) === 0x1f8b) return 'gzip';
    if (['PK\x03\x04', 'PK\x05\x06'].includes(block.toString('latin1', 0, 4))) return 'zip';
    if (bytesRead === BLOCK && isTarHeader(block)) return 'tar';
  } finally {
    await file.close();
  }
  throw new DomainError('invalid_argument', 'it is no tar, gzip or zip archive');
}

/** By its checksum, which the oldest tars have, too. An empty tar begins with its end: zeros. */
function isTarHeader(block: Buffer): boolean {
  const told = Number.parseInt(block.toString('latin1', 148, 156).replaceAll('\0', ' ').trim(), 8);
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return told === sum || block.every((byte) => byte === 0);
}

async function* tarEntries(path: string, gzipped: boolean, signal: AbortSignal): AsyncGenerator<FileEntry> {
  const tar = extract();
  const source = createReadStream(path, { signal });
  const plain = gzipped ? source.pipe(createGunzip()) : source;
  const broken = (error: Error): void => tar.destroy(error);
  source.on('error', broken);
  plain.on('error', broken);
  plain.pipe(tar);
  try {
    for await (const entry of tar) {
      yield fromTar(entry.header, entry);
      entry.resume();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DomainError) throw error;
    throw new DomainError('invalid_argument', `the archive is broken: ${error instanceof Error ? error.message : ''}`);
  } finally {
    source.destroy();
    plain.destroy();
    tar.destroy();
  }
}

function fromTar(header: Header, content: AsyncIterable<unknown>): FileEntry {
  const { type, linkname, size } = header;
  const name = cleanName(header.name);
  const mode = (header.mode ?? 0o644) & 0o777;
  switch (type) {
    case 'file':
    case 'contiguous-file':
      // The oldest tars know folders by their names alone.
      if (header.name.endsWith('/')) return { name, kind: 'folder', mode: mode | 0o700 };
      return { name, kind: 'file', mode, size, content: Readable.from(content, { objectMode: false }) };
    case 'directory':
      return { name, kind: 'folder', mode: mode | 0o700 };
    case 'symlink':
      return { name, kind: 'link', target: linkname ?? '' };
    case 'link': {
      const target = cleanName(linkname ?? '');
      return { name, kind: 'link', target: posix.relative(posix.dirname(`/${name}`), `/${target}`) };
    }
    default:
      throw bad(name, `it is a ${type}`);
  }
}

async function* zipEntries(path: string, signal: AbortSignal): AsyncGenerator<FileEntry> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) yield await fromZip(zip, entry);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DomainError) throw error;
    throw new DomainError('invalid_argument', `the archive is broken: ${error instanceof Error ? error.message : ''}`);
  } finally {
    zip?.close();
  }
}

/** The upper half of the attributes is the file's mode where the archive was made on a system that has modes. */
async function fromZip(zip: ZipFile, entry: Entry): Promise<FileEntry> {
  const name = cleanName(entry.fileName);
  const mode = entry.externalFileAttributes >>> 16;
  const permissions = mode & 0o777;
  const kind = mode & 0o170_000;
  if (entry.fileName.endsWith('/') || kind === 0o040_000) {
    return { name, kind: 'folder', mode: permissions === 0 ? 0o755 : permissions | 0o700 };
  }
  if (entry.isEncrypted()) throw bad(name, 'it is encrypted');
  if (kind !== 0 && kind !== 0o100_000 && kind !== 0o120_000) throw bad(name, 'it is no file, folder or link');
  const content = await zip.openReadStreamPromise(entry);
  if (kind === 0o120_000) return { name, kind: 'link', target: await shortText(content, name) };
  return { name, kind: 'file', mode: permissions === 0 ? 0o644 : permissions, size: entry.uncompressedSize, content };
}

async function shortText(content: Readable, name: string): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const piece of content) {
    bytes = Buffer.concat([bytes, piece as Buffer]);
    if (bytes.length > TARGET_MAX) throw bad(name, 'its link leads to an endless name');
  }
  return bytes.toString();
}

/** Relative and without detours. A leading slash goes, as with tar itself. */
function cleanName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw bad(name, 'it leads out of the folder');
  return parts.join('/');
}

function bad(name: string, why: string): DomainError {
  return new DomainError('invalid_argument', `the archive's entry ${JSON.stringify(name)} is refused: ${why}`);
}
