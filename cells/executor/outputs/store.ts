import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { attemptFileName, forget, writeDurably } from '../files.ts';
import type { Spool } from '../logs/spool.ts';
import { type CollectLimits, Collector, type Source } from './collect.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { type ZipFile, ZipWriter } from './zip.ts';

export interface OutputLimits extends CollectLimits {
  /** Longest time for the files of one task. */
  readonly maxMs: number;
  /** Archives kept: the newest so many, none older than so long, all together not more than so much. */
  readonly keepAttempts: number;
  readonly keepMs: number;
  readonly keepBytes: number;
}

export interface SealRequest {
  readonly guid: string;
  readonly attempt: string;
  readonly spool: Spool;
  /** Undefined: only what the task wrote to its streams. */
  readonly source?: Source | undefined;
  /** Told to readers beside what the collecting itself has to tell. */
  readonly notes?: readonly string[];
}

/**
 * What runs left behind, an archive and its manifest each, in a folder of the cell or one that several cells share. The manifest is
 * written last: an archive without one is no archive.
 */
export class OutputStore {
  readonly #folder: string;
  readonly #limits: OutputLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sealing = new Map<string, Promise<Manifest>>();

  constructor(folder: string, limits: OutputLimits, clock: Clock, log: Logger) {
    this.#folder = folder;
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  async find(guid: string, attempt: string): Promise<Manifest | undefined> {
    const text = await readFile(this.#path(guid, attempt, 'json'), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return parseManifest(text);
    } catch (error) {
      this.#log.warn({ guid, attempt, error: errorText(error) }, 'outputs.manifest-unreadable');
      return undefined;
    }
  }

  /**
   * Collects and seals; a second call for the same attempt joins the first. What could not be collected is in the notes.
   * @throws when the signal aborts, or when the folder cannot be written.
   */
  async seal(request: SealRequest, signal: AbortSignal): Promise<Manifest> {
    const name = attemptFileName(request.guid, request.attempt);
    const under = this.#sealing.get(name);
    if (under !== undefined) return await under;
    const work = this.#seal(request, signal).finally(() => this.#sealing.delete(name));
    this.#sealing.set(name, work);
    return await work;
  }

  /** The archive as one file, from an offset on. */
  archive({ guid, attempt }: Manifest, offset: number): AsyncIterable<Buffer> {
    return createReadStream(this.#path(guid, attempt, 'zip'), { start: offset });
  }

  /** One file of the archive, from an offset on. */
  async *file({ guid, attempt }: Manifest, file: ZipFile, offset: number): AsyncGenerator<Buffer> {
    if (file.compressedSize === 0) return;
    const range = { start: file.dataAt, end: file.dataAt + file.compressedSize - 1 };
    const bytes = createReadStream(this.#path(guid, attempt, 'zip'), range);
    if (!file.deflated) return yield* from(bytes, offset);
    const inflate = createInflateRaw();
    // Its failure comes out of the iteration below, too.
    const feeding = pipeline(bytes, inflate).catch(() => undefined);
    try {
      yield* from(inflate, offset);
    } finally {
      inflate.destroy();
      bytes.destroy();
      await feeding;
    }
  }

  /** Lets go of archives that are too many, too old or too large together, and of what a broken-off sealing left. */
  async prune(): Promise<void> {
    const found: { name: string; at: number; bytes: number }[] = [];
    for (const file of await readdir(this.#folder)) {
      const path = join(this.#folder, file);
      const at = await stat(path).catch(() => undefined);
      if (at === undefined) continue;
      if (file.endsWith('.zip')) found.push({ name: file.slice(0, -'.zip'.length), at: at.mtimeMs, bytes: at.size });
      // Of another cell on the same folder, perhaps, and still being written: as long as it may take, and then some.
      else if (file.endsWith('.part') && at.mtimeMs < this.#clock.nowMs() - 2 * this.#limits.maxMs) await forget(path);
    }
    found.sort((a, b) => b.at - a.at);
    const oldest = this.#clock.nowMs() - this.#limits.keepMs;
    let bytes = 0;
    for (const [index, archive] of found.entries()) {
      bytes += archive.bytes;
      const keep = index < this.#limits.keepAttempts && archive.at >= oldest && bytes <= this.#limits.keepBytes;
      if (keep || this.#sealing.has(archive.name)) continue;
      for (const ending of ['json', 'zip']) await forget(join(this.#folder, `${archive.name}.${ending}`));
    }
  }

  async #seal({ guid, attempt, spool, source, notes = [] }: SealRequest, signal: AbortSignal): Promise<Manifest> {
    const path = this.#path(guid, attempt, 'zip');
    const part = `${path}.part`;
    const zip = await ZipWriter.create(part);
    try {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), this.#limits.maxMs);
      const stop = () => late.abort();
      signal.addEventListener('abort', stop, { once: true });
      const collector = new Collector(zip, this.#limits, late.signal);
      for (const note of notes) collector.note(note);
      try {
        await collector.addLogs(spool, Math.floor(this.#clock.nowMs() / 1_000));
        if (source !== undefined) await collector.addPaths(source);
      } catch (error) {
        signal.throwIfAborted();
        if (!late.signal.aborted) throw error;
        const seconds = Math.round(this.#limits.maxMs / 1_000);
        collector.note(`collecting took longer than ${seconds} s; what had not come by then was left out`);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
      }
      const { bytes: archiveBytes, sha256: archiveSha256 } = await zip.close();
      const files = zip.files.map(plain);
      const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
      const sealedAt = this.#clock.nowNanos().toString();
      const facts = { guid, attempt, archiveBytes, archiveSha256, totalBytes, sealedAt };
      const manifest: Manifest = { ...facts, files, notes: [...collector.notes] };
      await rename(part, path);
      await writeDurably(this.#path(guid, attempt, 'json'), JSON.stringify(manifest));
      return manifest;
    } catch (error) {
      await zip.abandon();
      await forget(part);
      throw error;
    }
  }

  #path(guid: string, attempt: string, ending: string): string {
    return join(this.#folder, `${attemptFileName(guid, attempt)}.${ending}`);
  }
}

/** @throws DomainError `not_found` when a name is neither a file nor a folder of the archive. */
export function chosen(manifest: Manifest, names: readonly string[]): readonly ZipFile[] {
  const wanted = new Set<ZipFile>();
  for (const asked of names) {
    const name = asked.replace(/^\/+|\/+$/g, '');
    const below = `${name}/`;
    const found = manifest.files.filter(({ path }) => path === name || path.startsWith(below));
    if (found.length === 0) throw new DomainError('not_found', `the outputs hold no file or folder ${asked}`);
    for (const file of found) wanted.add(file);
  }
  return manifest.files.filter((file) => wanted.has(file));
}

async function* from(bytes: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let skip = offset;
  for await (const piece of bytes) {
    const rest = skip === 0 ? piece : piece.subarray(Math.min(skip, piece.length));
    skip -= piece.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

function plain(file: ZipFile): ZipFile {
  const { path, size, compressedSize, mode, linkTarget, sha256, modifiedAt, dataAt, deflated } = file;
  return { path, size, compressedSize, mode, linkTarget, sha256, modifiedAt, dataAt, deflated };
}
