import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { errorText, isDomainError } from '../../../src/domain/errors.ts';
import { formatSize } from '../../../src/platform/size.ts';
import type { OutputStream } from '../logs/record.ts';
import type { Spool } from '../logs/spool.ts';
import type { ContainerRuntime } from '../runtime.ts';
import type { ZipWriter } from './zip.ts';

export interface CollectLimits {
  /** Most bytes of all files together, before compression. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export interface Source {
  readonly runtime: Pick<ContainerRuntime, 'readTar'>;
  readonly container: string;
  readonly paths: readonly string[];
}

/** Paths of all files together: a listing stays one message. */
const MAX_PATH_BYTES = 1_500_000;
const MAX_NOTES = 200;
const TRIES = 3;
/** Beside what is kept, so much may be read and thrown away: a file that is too large is skipped, not the whole folder. */
const SKIPPED_BYTES = 256 * 2 ** 20;
const LOG_FILES: readonly (readonly [name: string, stream: OutputStream])[] = [
  ['stdout.txt', 'stdout'],
  ['stderr.txt', 'stderr'],
];

/** Fills an archive; what cannot come in is noted, never a failure. */
export class Collector {
  readonly #zip: ZipWriter;
  readonly #limits: CollectLimits;
  readonly #signal: AbortSignal;
  readonly #seen = new Set<string>();
  readonly #notes: string[] = [];
  #left: number;
  #pathBytes = 0;
  #unnoted = 0;

  constructor(zip: ZipWriter, limits: CollectLimits, signal: AbortSignal) {
    this.#zip = zip;
    this.#limits = limits;
    this.#signal = signal;
    this.#left = limits.maxBytes;
  }

  get notes(): readonly string[] {
    return this.#unnoted === 0 ? this.#notes : [...this.#notes, `and ${this.#unnoted} more of the kind`];
  }

  note(text: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push(text);
    else this.#unnoted += 1;
  }

  /** The task's output, each stream as one file, also when it is empty. */
  async addLogs(spool: Spool, now: number): Promise<void> {
    for (const [path, stream] of LOG_FILES) {
      this.#seen.add(path);
      const { size } = await this.#zip.addFile({ path, mode: 0o644, modifiedAt: now }, bytesOf(spool, stream));
      this.#left -= size;
    }
  }

  async addPaths({ runtime, container, paths }: Source): Promise<void> {
    for (const asked of paths) {
      const path = posix.normalize(asked).replace(/(.)\/+$/, '$1');
      for (let trial = 1; ; trial += 1) {
        try {
          const maxBytes = Math.max(0, this.#left) + SKIPPED_BYTES;
          await this.#addTar(path, await runtime.readTar(container, path, { maxBytes, signal: this.#signal }));
          break;
        } catch (error) {
          // Out of time: told once, by whoever set the time.
          if (this.#signal.aborted) throw error;
          if (isDomainError(error) && error.retryable && trial < TRIES) continue;
          this.note(`${asked}: ${whyNot(error)}`);
          break;
        }
      }
    }
  }

  async #addTar(path: string, tar: Readable): Promise<void> {
    const entries = extract();
    tar.once('error', (error) => entries.destroy(error));
    tar.pipe(entries);
    // In which nothing was found so far.
    const folders = new Map<string, Header>();
    try {
      for await (const entry of entries) {
        const { header } = entry;
        const name = nameIn(path, header.name);
        if (name === undefined)
          this.note(`${path}: an entry with the name ${JSON.stringify(header.name)} was left out`);
        // More than may be kept need not be remembered: there may be a million of them.
        else if (header.type === 'directory') {
          if (folders.size < this.#limits.maxFiles) folders.set(name, header);
          else this.#leftOut(name);
        } else if (await this.#wants(name, header)) await this.#add(name, header, entry as AsyncIterable<Buffer>, path);
        for (let above = posix.dirname(name ?? '.'); above !== '.'; above = posix.dirname(above)) folders.delete(above);
        // What nobody read is skipped; the next entry comes behind it.
        entry.resume();
      }
      for (const [name, header] of folders) await this.#addFolder(name, header);
    } finally {
      tar.unpipe(entries);
      tar.destroy();
      entries.destroy();
    }
  }

  async #addFolder(name: string, { mode, mtime }: Header): Promise<void> {
    const path = `${name}/`;
    if (this.#seen.has(path) || !this.#hasRoomFor(path)) return;
    await this.#zip.addFolder({ path: name, mode: mode & 0o7777, modifiedAt: secondsOf(mtime) });
    this.#seen.add(path);
    this.#pathBytes += Buffer.byteLength(path);
  }

  #hasRoomFor(name: string): boolean {
    if (this.#zip.files.length < this.#limits.maxFiles && this.#pathBytes + name.length <= MAX_PATH_BYTES) return true;
    this.#leftOut(name);
    return false;
  }

  #leftOut(name: string): void {
    this.note(`${name}: left out, there are more than ${this.#limits.maxFiles} files`);
  }

  async #wants(name: string, { type, size }: Header): Promise<boolean> {
    if (this.#seen.has(name)) {
      if (LOG_FILES.some(([path]) => path === name))
        this.note(`${name}: left out, the name is taken by the task's own output`);
      return false;
    }
    if (type !== 'file' && type !== 'contiguous-file' && type !== 'symlink' && type !== 'link') {
      this.note(`${name}: left out, it is ${KINDS[type] ?? 'no regular file'}`);
      return false;
    }
    if (!this.#hasRoomFor(name)) return false;
    if (size > this.#left) {
      const most = formatSize(this.#limits.maxBytes);
      this.note(`${name}: left out, its ${formatSize(size)} would bring the outputs over their limit of ${most}`);
      return false;
    }
    return true;
  }

  async #add(name: string, header: Header, content: AsyncIterable<Buffer>, path: string): Promise<void> {
    const facts = { path: name, mode: header.mode & 0o7777, modifiedAt: secondsOf(header.mtime) };
    if (header.type === 'symlink') await this.#zip.addLink(facts, header.linkname);
    else if (header.type === 'link') {
      // A second name of a file that came before: its bytes came only there.
      const first = this.#zip.files.find((file) => file.path === nameIn(path, header.linkname));
      if (first === undefined || first.linkTarget !== '' || first.size > this.#left) {
        return this.note(`${name}: left out, as is the file that it is a second name of`);
      }
      await this.#zip.addCopy(facts, first);
      this.#left -= first.size;
    } else {
      const { size } = await this.#zip.addFile(facts, content);
      this.#left -= size;
    }
    this.#seen.add(name);
    this.#pathBytes += Buffer.byteLength(name);
  }
}

const KINDS: Readonly<Record<string, string>> = {
  fifo: 'a FIFO',
  'character-device': 'a device',
  'block-device': 'a device',
};

/** The name in the archive: the whole path in the container. A tar's names begin with the last part of the path. */
export function nameIn(path: string, tarName: string): string | undefined {
  const parts = posix
    .normalize(tarName)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || tarName.includes('\0')) return undefined;
  return posix.join(path, ...parts.slice(1)).replace(/^\/+/, '');
}

function whyNot(error: unknown): string {
  if (isDomainError(error, 'not_found')) return 'there is no such file or folder';
  if (isDomainError(error, 'too_large')) return 'there is more than can be kept; what followed was left out';
  return errorText(error);
}

function secondsOf(time: Date): number {
  const ms = time.getTime();
  return Number.isFinite(ms) ? Math.max(0, Math.floor(ms / 1_000)) : 0;
}

async function* bytesOf(spool: Spool, stream: OutputStream): AsyncGenerator<Buffer> {
  const newline = Buffer.from('\n');
  // Not the collector's signal: what there is of the output is bounded by its own limit.
  for await (const batch of spool.follow(0, false, new AbortController().signal)) {
    const lines = batch.flatMap((record) =>
      record.kind === 'line' && record.stream === stream ? [record.text, ...(record.newline ? [newline] : [])] : [],
    );
    if (lines.length > 0) yield Buffer.concat(lines);
  }
}
