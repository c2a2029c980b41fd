import type { IncomingMessage } from 'node:http';
import { basename } from 'node:path/posix';
import { extract } from 'tar-stream';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { FileContent } from '../executor/runtime.ts';
import type { Engine } from './engine.ts';
import { isEngineError, noAnswer } from './errors.ts';

/** The engine resolves a link's whole chain at once; more hops than these come only from links that change meanwhile. */
const MAX_HOPS = 8;

interface PathStat {
  readonly mode: number;
  /** Where the link leads, seen from the container's root; empty for everything but links. */
  readonly linkTarget: string;
}

/** One regular file out of a container's file system: looked at first, then at most `maxBytes` of it taken. */
export async function readContainerFile(
  engine: Engine,
  id: string,
  path: string,
  maxBytes: number,
  deadlineMs: number,
): Promise<FileContent> {
  const { body, real } = await openRegularFile(engine, id, path, deadlineMs);
  return await readFirstEntry(body, path, real, maxBytes, deadlineMs);
}

/** The tar of one regular file, the path's links followed inside the container. */
export async function openRegularFile(
  engine: Engine,
  id: string,
  path: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<{ readonly body: IncomingMessage; readonly real: string }> {
  checkPath(path);
  // The answer begins with what a HEAD would say, so nearly always the first call is the last. Nothing of the body is read before that is known.
  const tar = await openTar(engine, id, path, deadlineMs, signal).catch((error: unknown) => {
    if (isEngineError(error)) return undefined;
    throw error;
  });
  if (tar !== undefined) {
    if (isPlainFile(tar)) return { body: tar, real: path };
    tar.destroy();
  }
  const found = await findPath(engine, id, path, deadlineMs, signal);
  const kind = kindOf(found.mode);
  if (kind !== undefined) throw bad(path, kind);
  return { body: await openTar(engine, id, found.real, deadlineMs, signal), real: found.real };
}

/** What lies at a path once its links are followed. @throws DomainError `not_found`, `invalid_argument`. */
export async function findPath(
  engine: Engine,
  id: string,
  path: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<{ readonly mode: number; readonly real: string; readonly isFolder: boolean }> {
  checkPath(path);
  let real = path;
  for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
    const { mode, linkTarget } = await statPath(engine, id, real, `read ${path}`, deadlineMs, signal);
    if (linkTarget === '') return { mode, real, isFolder: hasBit(mode, FOLDER_BIT) };
    real = linkTarget;
  }
  throw bad(path, 'a chain of too many links');
}

function checkPath(path: string): void {
  if (!path.startsWith('/') || path.includes('\0')) throw bad(path, 'not an absolute path');
}

export async function openTar(
  engine: Engine,
  id: string,
  real: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return await engine.open({
    what: `read ${real}`,
    method: 'GET',
    path: archivePath(id),
    query: { path: real },
    deadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
}

export function archivePath(id: string): string {
  return `/containers/${encodeURIComponent(id)}/archive`;
}

async function statPath(
  engine: Engine,
  id: string,
  path: string,
  what: string,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<PathStat> {
  const given = signal === undefined ? {} : { signal };
  const request = { what, path: archivePath(id), query: { path }, deadlineMs, ...given } as const;
  try {
    const head = await engine.open({ ...request, method: 'HEAD' });
    // There is no body; this only gives the connection back.
    head.resume();
    const { mode, linkTarget } = statOf(head);
    if (typeof mode !== 'number') throw noAnswer(what, 'did not describe the file');
    // A link whose target cannot be told is still a link, never a file.
    if (hasBit(mode, SYMLINK_BIT) && (typeof linkTarget !== 'string' || linkTarget === ''))
      throw bad(path, 'a broken link');
    return { mode, linkTarget: typeof linkTarget === 'string' ? linkTarget : '' };
  } catch (error) {
    if (!isEngineError(error)) throw error;
    // An answer to HEAD has no words, so they are asked for: a container that is gone, a file that is not there, a loop of links.
    const body = await engine.open({ ...request, method: 'GET' }).catch((reason: unknown) => reason);
    if (isEngineError(body) && /not a directory/.test(body.words)) {
      throw new DomainError('not_found', `cannot ${what}: no such file (${body.words})`);
    }
    if (isDomainError(body)) throw body;
    (body as IncomingMessage).destroy();
    throw error;
  }
}

function statOf({ headers }: IncomingMessage): Partial<Record<keyof PathStat, unknown>> {
  const header = headers['x-docker-container-path-stat'];
  if (typeof header !== 'string') return {};
  try {
    return JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as Partial<Record<keyof PathStat, unknown>>;
  } catch {
    return {};
  }
}

function isPlainFile(answer: IncomingMessage): boolean {
  const { mode, linkTarget } = statOf(answer);
  return typeof mode === 'number' && linkTarget === '' && kindOf(mode) === undefined;
}

/** Bits of Go's `os.FileMode`, as bit numbers: shifting by 31 would be negative in JavaScript. */
const FOLDER_BIT = 31;
const SYMLINK_BIT = 27;
const KINDS: readonly (readonly [bit: number, kind: string])[] = [
  [FOLDER_BIT, 'a folder'],
  [SYMLINK_BIT, 'a link'],
  [26, 'a device'],
  [25, 'a FIFO'],
  [24, 'a socket'],
  [21, 'a device'],
  [19, 'not a regular file'],
];

function hasBit(mode: number, bit: number): boolean {
  return Math.floor(mode / 2 ** bit) % 2 === 1;
}

export function kindOf(mode: number): string | undefined {
  return KINDS.find(([bit]) => hasBit(mode, bit))?.[1];
}

export function bad(path: string, kind: string): DomainError {
  return new DomainError('invalid_argument', `cannot read ${JSON.stringify(path)}: it is ${kind}, not a regular file`);
}

/** Reads the first entry of a tar, checks once more that it is the file that was looked at, and drops the connection. */
async function readFirstEntry(
  body: IncomingMessage,
  path: string,
  real: string,
  maxBytes: number,
  deadlineMs: number,
): Promise<FileContent> {
  const tar = extract();
  try {
    return await new Promise<FileContent>((resolve, reject) => {
      const timer = setTimeout(() => done(noAnswer(`read ${path}`, `sent no more for ${deadlineMs} ms`)), deadlineMs);
      const done = (result: FileContent | DomainError): void => {
        clearTimeout(timer);
        if (result instanceof DomainError) reject(result);
        else resolve(result);
      };
      tar.on('entry', (header, stream, _next) => {
        if (header.type !== 'file' && header.type !== 'contiguous-file') {
          return done(bad(path, header.type ?? 'unknown'));
        }
        if (basename(header.name) !== basename(real)) return done(bad(path, 'another file meanwhile'));
        const totalBytes = header.size ?? 0;
        const wanted = Math.min(totalBytes, maxBytes);
        const pieces: Buffer[] = [];
        let got = 0;
        const finish = (): void =>
          done({ bytes: Buffer.concat(pieces).subarray(0, wanted), totalBytes, truncated: totalBytes > wanted });
        if (wanted === 0) return finish();
        stream.on('data', (piece) => {
          const bytes = piece as Buffer;
          pieces.push(bytes);
          got += bytes.length;
          // Never asks for the next entry: what else comes is thrown away with the connection.
          if (got >= wanted) finish();
        });
        stream.on('error', () => undefined);
      });
      const broken = (): void => done(noAnswer(`read ${path}`, 'broke off in the middle of the file'));
      tar.on('error', broken);
      tar.on('finish', broken);
      // A complete body ends the tar, and what it still holds is read; only an incomplete one is a broken connection.
      body.once('close', () => {
        if (!body.complete) broken();
      });
      body.pipe(tar);
    });
  } finally {
    body.unpipe(tar);
    body.destroy();
    tar.destroy();
  }
}
