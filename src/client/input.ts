import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { errorText } from '../domain/errors.ts';
import type { InputPiece } from '../rpc/gen/gavel/v1/InputPiece.ts';
import { type Connection, Patience } from './connection.ts';
import { taskError } from './errors.ts';
import { type TaskView, taskView } from './task-view.ts';

export interface UploadOptions {
  /** Told of the bytes that went out so far, packed; from 0 again when a broken upload is repeated. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

const PIECE_BYTES = 256 * 1_024;
const UPLOAD_MS = 600_000;

/**
 * Packs a folder and gives it to the task that waits for it. A connection that breaks is taken up again, from the first byte.
 * @returns the task, released.
 * @throws TaskError `invalid_argument` when the folder cannot be read, `too_large`, `invalid_transition` when the task waits for no input.
 */
export async function uploadInput(
  connection: Connection,
  id: string,
  folder: string,
  { onProgress, signal }: UploadOptions,
): Promise<TaskView> {
  const found = await lstat(folder).catch((error: unknown) => error);
  if (found instanceof Error || !(found as Awaited<ReturnType<typeof lstat>>).isDirectory())
    throw taskError('invalid_argument', `${folder}: ${found instanceof Error ? errorText(found) : 'is no folder'}`);
  const patience = new Patience(connection);
  const options = { timeoutMs: UPLOAD_MS, ...(signal === undefined ? {} : { signal }) };
  for (;;) {
    const broken: { error?: unknown } = {};
    try {
      return taskView(await connection.tasks.UploadInput(pieces(id, folder, broken, onProgress), options));
    } catch (error) {
      // What cannot be read here will not be read at the next try either.
      if (broken.error !== undefined) throw broken.error;
      await patience.retry(error, signal);
    }
  }
}

async function* pieces(
  id: string,
  folder: string,
  broken: { error?: unknown },
  onProgress: ((bytes: number) => void) | undefined,
): AsyncGenerator<InputPiece> {
  yield { task_guid: id };
  const hash = createHash('sha256');
  const tar = pack();
  const zip = createGzip();
  const moved = pipeline(tar, zip).catch(() => undefined);
  const filled = addFolder(tar, folder, '').then(
    () => tar.finalize(),
    (error: unknown) => {
      broken.error = taskError('invalid_argument', `the input cannot be read: ${errorText(error)}`);
      tar.destroy(error instanceof Error ? error : undefined);
    },
  );
  let sent = 0;
  try {
    for await (const part of zip as AsyncIterable<Buffer>) {
      for (let from = 0; from < part.length; from += PIECE_BYTES) {
        const data = part.subarray(from, from + PIECE_BYTES);
        hash.update(data);
        yield { data };
        sent += data.length;
        onProgress?.(sent);
      }
    }
    if (broken.error !== undefined) throw broken.error;
    yield { sha256: hash.digest('hex') };
  } finally {
    tar.destroy();
    zip.destroy();
    await Promise.all([moved, filled]);
  }
}

/** In the order of names, so that the same folder is the same archive. */
async function addFolder(tar: Pack, folder: string, below: string): Promise<void> {
  for (const name of (await readdir(join(folder, below))).toSorted()) {
    const path = posix.join(below, name);
    const source = join(folder, path);
    const { mode, size, mtime, ...found } = await kindOf(source);
    const header = { name: path, mode: mode & 0o777, mtime };
    if (found.kind === 'folder') {
      await added(tar, { ...header, type: 'directory' });
      await addFolder(tar, folder, path);
    } else if (found.kind === 'link')
      await added(tar, { ...header, type: 'symlink', linkname: await readlink(source) });
    else if (found.kind === 'file' && size === 0) await added(tar, { ...header, size }, Buffer.alloc(0));
    else if (found.kind === 'file')
      await pipeline(createReadStream(source, { end: size - 1 }), tar.entry({ ...header, size }));
    else throw new Error(`${source} is neither a file nor a folder nor a link`);
  }
}

async function kindOf(source: string) {
  const found = await lstat(source);
  const kind = found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : found.isFile() ? 'file' : 'other';
  return { kind, mode: found.mode, size: found.size, mtime: found.mtime } as const;
}

function added(tar: Pack, header: Parameters<Pack['entry']>[0], content?: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (content === undefined) tar.entry(header, done);
    else tar.entry(header, content, done);
  });
}
