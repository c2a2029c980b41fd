import { once } from 'node:events';
import { dirname, posix } from 'node:path';
import { Readable } from 'node:stream';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import { DomainError, errorText, isDomainError } from '../../src/domain/errors.ts';
import type { FileEntry, FileSource, WriteOptions } from '../executor/runtime.ts';
import { archivePath, findPath, readContainerFile } from './archive.ts';
import type { Engine } from './engine.ts';
import { isEngineError } from './errors.ts';
import { type Owner, resolveOwner } from './owners.ts';

const LIST_BYTES = 4 * 2 ** 20;

interface Deadlines {
  readonly query: number;
  readonly copy: number;
}

type Headers = Partial<Header> & { readonly name: string };

/** One file on its way, its name checked and put below the folder that exists. */
interface Outgoing {
  readonly header: Headers;
  readonly content: AsyncIterable<Buffer> | Buffer | undefined;
}

/**
 * Writes below a folder by the engine's archive call, which unpacks inside the container's own root (a link never leads out of
 * it). Every entry is taken apart and made anew here: its name, owner and kind are ours to allow. What was written before a fault
 * stays.
 */
export async function writeContainerFiles(
  engine: Engine,
  id: string,
  path: string,
  files: FileSource,
  options: WriteOptions & { readonly deadlines: Deadlines },
): Promise<void> {
  const { deadlines, signal } = options;
  const what = `write to ${path}`;
  const owner =
    options.owner === undefined ? undefined : await ownerOf(engine, id, options.owner, deadlines.query, signal);
  const { existing, missing } = await findFolder(engine, id, path, deadlines.query, signal);
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const archive = pack();
  const sending = engine
    .json({
      what,
      method: 'PUT',
      path: archivePath(id),
      // A folder is not replaced by a file, nor a file by a folder.
      query: { path: existing, noOverwriteDirNonDir: 'true' },
      tar: Readable.from(archive, { objectMode: false }),
      deadlineMs: deadlines.copy,
      signal: stop,
    })
    .finally(() => failed.abort());
  const packing = packAll(archive, checked(path, files, missing, owner), {
    what,
    stop,
    maxBytes: options.maxBytes,
  }).catch((error: unknown) => {
    failed.abort();
    archive.destroy();
    throw error;
  });
  const [sent, packed] = await Promise.allSettled([sending, packing]);
  if (signal.aborted) throw new DomainError('cancelled', `cannot ${what}: cancelled`);
  // What is wrong with the files explains the broken request, and not the other way round, unless the request broke first.
  if (packed.status === 'rejected' && !isAbort(packed.reason)) throw packed.reason;
  if (sent.status === 'rejected') throw refusal(what, sent.reason);
  if (packed.status === 'rejected') throw packed.reason;
}

async function ownerOf(
  engine: Engine,
  id: string,
  owner: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Owner> {
  signal.throwIfAborted();
  const list = async (path: string): Promise<string> => {
    try {
      return (await readContainerFile(engine, id, path, LIST_BYTES, deadlineMs)).bytes.toString('utf8');
    } catch (error) {
      // An image without users has none; ids still work.
      if (isDomainError(error, 'not_found') && /no such file/i.test(error.message)) return '';
      if (isEngineError(error, 404) && !/no such container/i.test(error.words)) return '';
      throw error;
    }
  };
  return resolveOwner(owner, await list('/etc/passwd'), await list('/etc/group'));
}

/** The deepest folder of the path that is there, and the names of those that are not. */
async function findFolder(engine: Engine, id: string, path: string, deadlineMs: number, signal: AbortSignal) {
  const missing: string[] = [];
  for (let at = posix.normalize(path).replace(/(?<=.)\/$/, ''); ; at = dirname(at)) {
    try {
      const { isFolder, real } = await findPath(engine, id, at, deadlineMs, signal);
      if (!isFolder) throw new DomainError('invalid_argument', `cannot write to ${path}: ${at} is not a folder`);
      return { existing: real, missing };
    } catch (error) {
      const gone = isDomainError(error, 'not_found') && !/no such container/i.test(error.message);
      if (!gone || at === '/') throw error;
      missing.unshift(posix.basename(at));
    }
  }
}

async function* checked(
  path: string,
  files: FileSource,
  missing: readonly string[],
  owner: Owner | undefined,
): AsyncGenerator<Outgoing> {
  const owned = { ...(owner ?? { uid: 0, gid: 0 }), uname: '', gname: '' };
  for (let depth = 1; depth <= missing.length; depth += 1) {
    yield {
      header: { ...owned, name: missing.slice(0, depth).join('/'), type: 'directory', mode: 0o755 },
      content: undefined,
    };
  }
  const below = (name: string): string => [...missing, inside(path, name)].join('/');
  if ('entries' in files) {
    for await (const entry of files.entries) yield fromEntry(entry, below(entry.name), owned);
    return;
  }
  const tar = extract();
  const broken = (error: Error): void => {
    tar.destroy(error);
  };
  files.tar.once('error', broken);
  files.tar.pipe(tar);
  try {
    for await (const entry of tar) {
      const { header } = entry;
      const name = header.name.replace(/\/+$/, '');
      // The folder itself: it is there already, and stays as it is.
      if (inside(path, name) === '') {
        entry.resume();
        continue;
      }
      const ids = owner === undefined ? { uid: header.uid, gid: header.gid } : owner;
      yield fromTar(path, header, below(name), { ...ids, uname: '', gname: '' }, below, entry as never);
    }
  } finally {
    files.tar.unpipe(tar);
    files.tar.destroy();
  }
}

function fromEntry(entry: FileEntry, name: string, owned: Partial<Header>): Outgoing {
  const { kind, content = Buffer.alloc(0), mode = kind === 'folder' ? 0o755 : 0o644 } = entry;
  if (kind === 'folder') return { header: { ...owned, name, mode, type: 'directory' }, content: undefined };
  if (kind === 'link') {
    return {
      header: { ...owned, name, mode: 0o777, type: 'symlink', linkname: entry.target ?? '' },
      content: undefined,
    };
  }
  const size = Buffer.isBuffer(content) ? content.length : entry.size;
  if (size === undefined)
    throw new DomainError('invalid_argument', `cannot write ${entry.name}: its size is not known`);
  return { header: { ...owned, name, mode, size, type: 'file' }, content };
}

function fromTar(
  path: string,
  header: Header,
  name: string,
  owned: Partial<Header>,
  below: (name: string) => string,
  content: AsyncIterable<Buffer>,
): Outgoing {
  const { mode, mtime, size, type } = header;
  // setuid programs would be of no use, for nothing in a container gains privileges.
  const common = { ...owned, name, mode: (mode ?? 0o644) & 0o1777, ...(mtime === undefined ? {} : { mtime }) };
  const linkname = header.linkname ?? '';
  if (type === 'file' || type === 'contiguous-file')
    return { header: { ...common, size: size ?? 0, type: 'file' }, content };
  if (type === 'directory') return { header: { ...common, type }, content: undefined };
  if (type === 'symlink') return { header: { ...common, type, linkname }, content: undefined };
  // A second name of a file of the same archive.
  if (type === 'link') return { header: { ...common, type, linkname: below(linkname) }, content: undefined };
  throw new DomainError('invalid_argument', `cannot write to ${path}: ${JSON.stringify(name)} is a ${type}`);
}

/** @throws DomainError `invalid_argument` for a name that would leave the folder. */
function inside(path: string, name: string): string {
  if (name.startsWith('/') || name.includes('\0') || name.split('/').includes('..')) {
    throw new DomainError('invalid_argument', `cannot write to ${path}: ${JSON.stringify(name)} would leave it`);
  }
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

async function packAll(
  archive: Pack,
  outgoing: AsyncIterable<Outgoing>,
  { what, stop, maxBytes }: { what: string; stop: AbortSignal; maxBytes: number | undefined },
): Promise<void> {
  let left = maxBytes ?? Number.POSITIVE_INFINITY;
  try {
    for await (const { header, content } of untilStopped(outgoing, stop)) {
      left -= header.size ?? 0;
      if (left < 0) throw new DomainError('too_large', `cannot ${what}: more than ${maxBytes ?? 0} bytes`);
      stop.throwIfAborted();
      await packOne(archive, header, content, stop);
    }
    archive.finalize();
  } catch (error) {
    if (isDomainError(error) || isAbort(error)) throw error;
    throw new DomainError('invalid_argument', `cannot ${what}: ${errorText(error)}`, { cause: error });
  }
}

async function packOne(archive: Pack, header: Headers, content: Outgoing['content'], stop: AbortSignal): Promise<void> {
  let settle: (error?: Error | null) => void = () => undefined;
  const packed = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // It may fail while we still wait for the source, and is looked at only after that.
  packed.catch(() => undefined);
  const sink = archive.entry(header, (error) => settle(error));
  sink.on('error', () => undefined);
  const pieces = content === undefined ? [] : Buffer.isBuffer(content) ? [content] : content;
  let left = header.size ?? 0;
  for await (const piece of untilStopped(pieces, stop)) {
    stop.throwIfAborted();
    left -= piece.length;
    // More than was said would be read as a further header.
    if (left < 0) throw new Error(`${header.name} is longer than its size`);
    if (piece.length > 0 && !sink.write(piece)) await once(sink as never, 'drain', { signal: stop });
  }
  sink.end(null);
  await packed;
}

/** A source that stands still must not hold up the one who gives up. */
async function* untilStopped<T>(source: Iterable<T> | AsyncIterable<T>, stop: AbortSignal): AsyncGenerator<T> {
  let onStop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    onStop = () => {
      // A stream ends its iteration with it; anything else is left alone.
      if (source instanceof Readable) source.destroy();
      reject(new DOMException('stopped', 'AbortError'));
    };
  });
  stopped.catch(() => undefined);
  stop.addEventListener('abort', onStop, { once: true });
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  try {
    stop.throwIfAborted();
    for (;;) {
      const { done, value } = await Promise.race([iterator.next(), stopped]);
      if (done === true) return;
      yield value;
    }
  } finally {
    stop.removeEventListener('abort', onStop);
    // Not awaited: a source that stands still would answer only after its next piece.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The engine's words for a file where a folder is, or the other way round, and for a disk limit that is reached. */
function refusal(what: string, error: unknown): unknown {
  if (isEngineError(error) && /cannot overwrite|not a directory|is a directory/i.test(error.words)) {
    return new DomainError('invalid_argument', `cannot ${what}: ${error.words}`);
  }
  if (isEngineError(error) && /disk quota exceeded/i.test(error.words)) {
    return new DomainError('too_large', `cannot ${what}: disk quota exceeded`);
  }
  return error;
}
