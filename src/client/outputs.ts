import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Connection, Patience, throwIfGivenUp } from './connection.ts';
import { TaskError, taskError } from './errors.ts';
import { type OutputFile, OutputsInfo } from './outputs-info.ts';

export interface DownloadOptions {
  /** Files, or folders with all that is below them. Default: everything. */
  readonly files?: readonly string[];
  /** The archive itself, a ZIP, as one file. */
  readonly archive?: boolean;
  readonly onFile?: (file: DownloadedFile) => void;
  readonly signal?: AbortSignal;
}

export interface DownloadedFile {
  /** In the outputs. */
  readonly path: string;
  /** On this machine. */
  readonly target: string;
  readonly bytes: number;
  /** It was here already, whole. */
  readonly present: boolean;
}

export interface Downloaded {
  readonly files: readonly DownloadedFile[];
  /** What was not made, and why: links never are, because they might lead out of the folder. */
  readonly notes: readonly string[];
}

type Piece =
  | { readonly type: 'start'; readonly path: string; readonly size: number; readonly offset: number }
  | { readonly type: 'data'; readonly bytes: Buffer }
  | { readonly type: 'end'; readonly path: string; readonly sha256: string };

interface Wanted {
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly sha256: string;
}

const DAMAGED_MOST = 2;

/** What a task left behind: listed, streamed, or brought into a folder. */
export class Outputs {
  readonly #connection: Connection;
  readonly #id: string;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.#id = id;
  }

  /** @throws TaskError `invalid_transition` while the task goes on, `not_found` when nothing is kept (any more). */
  async info(signal?: AbortSignal): Promise<OutputsInfo> {
    const call = this.#connection.call(signal);
    return new OutputsInfo(await this.#connection.tasks.ListOutputs({ task_guid: this.#id }, call));
  }

  async list(signal?: AbortSignal): Promise<readonly OutputFile[]> {
    return (await this.info(signal)).files;
  }

  /** One file's bytes. A broken connection is taken up where it broke. @throws when they are not those that were archived. */
  async *stream(name: string, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const path = name.replace(/^\/+/, '');
    const hash = createHash('sha256');
    for await (const piece of this.#pieces([path], 0, signal)) {
      if (piece.type === 'start' && piece.path !== path) {
        throw taskError('invalid_argument', `${name} is a folder; name one of its files`);
      }
      if (piece.type === 'data') {
        hash.update(piece.bytes);
        yield piece.bytes;
      }
      if (piece.type === 'end' && hash.digest('hex') !== piece.sha256) throw damaged(piece.path);
    }
  }

  /**
   * Brings files into a folder, under their paths. What is there whole is left; what is there in part (`.part`) is gone on with, also
   * after this process was ended.
   */
  async download(dir: string, options: DownloadOptions = {}): Promise<Downloaded> {
    const { signal, onFile } = options;
    const info = await this.info(signal);
    const { wanted, folders, notes } = options.archive === true ? archiveOf(info) : chosen(info, options.files);
    for (const path of folders) await mkdir(targetOf(dir, path), { recursive: true });
    const files: DownloadedFile[] = [];
    const done = (path: string, target: string, bytes: number, present: boolean) => {
      const file = { path, target, bytes, present };
      files.push(file);
      onFile?.(file);
    };
    const missing: Wanted[] = [];
    for (const file of wanted) {
      const target = targetOf(dir, file.path);
      if (await isWhole(target, file)) done(file.path, target, file.size, true);
      else missing.push(file);
    }
    let tries = 0;
    while (missing.length > 0) {
      const [first] = missing;
      if (first === undefined) break;
      try {
        await this.#fetch(dir, missing, options.archive === true, signal, (file, target) => {
          missing.shift();
          tries = 0;
          done(file.path, target, file.size, false);
        });
      } catch (error) {
        // What lay here from an earlier try was spoilt, or the bytes came over spoilt: once more, from the beginning.
        tries += 1;
        if (!(error instanceof DamagedError) || tries >= DAMAGED_MOST) throw error;
      }
    }
    return { files, notes };
  }

  /** Files in the order of the archive, over one stream as long as it holds. */
  async #fetch(
    dir: string,
    files: readonly Wanted[],
    whole: boolean,
    signal: AbortSignal | undefined,
    done: (file: Wanted, target: string) => void,
  ): Promise<void> {
    const wanted = new Map(files.map((file) => [file.path, file]));
    const [first] = files;
    if (first === undefined) return;
    let part = await PartFile.open(targetOf(dir, first.path), first);
    try {
      const names = whole ? [] : files.map(({ path }) => path);
      for await (const piece of this.#pieces(names, part.bytes, signal)) {
        if (piece.type === 'data') await part.write(piece.bytes);
        else if (piece.type === 'end') {
          await part.finish(piece.sha256);
          done(part.file, part.target);
        } else if (piece.path !== part.file.path) {
          const next = wanted.get(piece.path);
          if (next === undefined) throw taskError('internal', `the server sent ${piece.path}, which nobody asked for`);
          part = await PartFile.open(targetOf(dir, next.path), next);
          // Only the first file can be gone on with in the middle.
          await part.restart();
        }
      }
    } finally {
      await part.close();
    }
  }

  /** @param offset into the first file. */
  async *#pieces(
    names: readonly string[],
    offset: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Piece, void, undefined> {
    const patience = new Patience(this.#connection);
    const call = signal === undefined ? {} : { signal };
    let rest = names;
    let from = offset;
    let begun = '';
    for (;;) {
      throwIfGivenUp(signal);
      let over = false;
      try {
        const request = { task_guid: this.#id, names: [...rest], offset: from };
        for await (const { start, data, end } of this.#connection.tasks.DownloadOutputs(request, call)) {
          patience.renew();
          if (start) {
            over = false;
            // Told once, however often the connection breaks.
            if (start.path !== begun) {
              yield { type: 'start', path: start.path, size: Number(start.size), offset: Number(start.offset) };
            }
            begun = start.path;
          } else if (data) {
            from += data.length;
            yield { type: 'data', bytes: data };
          } else if (end) {
            over = true;
            from = 0;
            rest = rest.filter((name) => name !== end.path);
            yield { type: 'end', path: end.path, sha256: end.sha256 };
          }
        }
        if (names.length === 0 ? over : rest.length === 0) return;
        await patience.retry(taskError('unavailable', 'the download ended before its end'), signal);
      } catch (error) {
        if (error instanceof DamagedError) throw error;
        await patience.retry(error, signal);
      }
    }
  }
}

class DamagedError extends TaskError {}

function damaged(path: string): DamagedError {
  return new DamagedError('internal', `${path}: what came over is not what was archived (sha256 differs)`);
}

/** A file on its way: written beside its place, and moved there when it is whole and right. */
class PartFile {
  readonly file: Wanted;
  readonly target: string;
  readonly #path: string;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  bytes = 0;

  private constructor(target: string, file: Wanted) {
    this.file = file;
    this.target = target;
    this.#path = `${target}.part`;
  }

  static async open(target: string, file: Wanted): Promise<PartFile> {
    const part = new PartFile(target, file);
    await mkdir(dirname(target), { recursive: true });
    const size = await stat(part.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > 0 && size <= file.size) {
      for await (const piece of createReadStream(part.#path)) part.#hash.update(piece as Buffer);
      part.bytes = size;
    }
    part.#handle = await open(part.#path, part.bytes > 0 ? 'a' : 'w');
    return part;
  }

  async restart(): Promise<void> {
    if (this.bytes === 0) return;
    await this.#handle?.truncate(0);
    this.#hash = createHash('sha256');
    this.bytes = 0;
  }

  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    this.bytes += bytes.length;
    await this.#handle?.appendFile(bytes);
  }

  async finish(sha256: string): Promise<void> {
    await this.close();
    if (this.#hash.digest('hex') !== sha256) {
      await rm(this.#path, { force: true });
      throw damaged(this.file.path);
    }
    // Of the bits, what a person needs; none that lends somebody else's rights.
    await chmod(this.#path, (this.file.mode & 0o777) | 0o600);
    await rename(this.#path, this.target);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

interface Choice {
  readonly wanted: Wanted[];
  /** Empty ones. */
  readonly folders: string[];
  readonly notes: string[];
}

function chosen(info: OutputsInfo, names: readonly string[] | undefined): Choice {
  const asked = names?.map((name) => name.replace(/^\/+|\/+$/g, ''));
  const isWanted = (path: string) => asked?.some((name) => path === name || path.startsWith(`${name}/`)) ?? true;
  const found = info.files.filter(({ path }) => isWanted(path));
  for (const name of asked ?? []) {
    if (!found.some(({ path }) => path === name || path.startsWith(`${name}/`)))
      throw taskError('not_found', `the outputs hold no file or folder ${name}`);
  }
  return {
    wanted: found.filter(({ path, link_target }) => link_target === '' && !path.endsWith('/')),
    folders: found.flatMap(({ path }) => (path.endsWith('/') ? [path.slice(0, -1)] : [])),
    notes: [
      ...info.notes,
      ...found.flatMap(({ path, link_target }) =>
        link_target === '' ? [] : [`${path}: not made, it is a link to ${link_target}`],
      ),
    ],
  };
}

function archiveOf(info: OutputsInfo): Choice {
  const path = `${info.task_guid}.zip`;
  const file = { path, size: info.archive_bytes, mode: 0o644, sha256: info.archive_sha256 };
  return { wanted: [file], folders: [], notes: [...info.notes] };
}

/** @throws TaskError `internal` for a path that would leave the folder: no server of ours sends one. */
function targetOf(dir: string, path: string): string {
  const parts = path.split('/');
  if (path === '' || path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw taskError('internal', `the server named a file that would leave the folder: ${JSON.stringify(path)}`);
  }
  return join(dir, ...parts);
}

async function isWhole(target: string, { size, sha256 }: Wanted): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size !== size) return false;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(target)) hash.update(piece as Buffer);
  return hash.digest('hex') === sha256;
}
