import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../../../src/domain/errors.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { attemptFileName, forget } from '../files.ts';
import type { Spool } from '../logs/spool.ts';
import { type Archives, FolderArchives, type KeepLimits } from './archives.ts';
import { type CollectLimits, Collector, type Source } from './collect.ts';
import { type Manifest, parseManifest } from './manifest.ts';
import { type ZipFile, ZipWriter } from './zip.ts';

export interface OutputLimits extends CollectLimits, KeepLimits {
  /** Longest time for the files of one task. */
  readonly maxMs: number;
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

/** What runs left behind, an archive and its manifest each. They are made in the folder, and stay there unless `archives` says where. */
export class OutputStore {
  readonly #folder: string;
  readonly #limits: OutputLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #archives: Archives;
  readonly #sealing = new Map<string, Promise<Manifest>>();

  constructor(folder: string, limits: OutputLimits, clock: Clock, log: Logger, archives?: Archives) {
    this.#folder = folder;
    this.#archives = archives ?? new FolderArchives(folder);
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** @throws DomainError `unavailable` when nobody can say for now. */
  async find(guid: string, attempt: string, signal: AbortSignal): Promise<Manifest | undefined> {
    const text = await this.#archives.manifest(attemptFileName(guid, attempt), signal);
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
   * @throws when the signal aborts, or when the archive cannot be kept.
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
    return this.#archives.read(attemptFileName(guid, attempt), offset);
  }

  /** One file of the archive, from an offset on. */
  async *file({ guid, attempt }: Manifest, file: ZipFile, offset: number): AsyncGenerator<Buffer> {
    if (file.compressedSize === 0) return;
    const name = attemptFileName(guid, attempt);
    const last = file.dataAt + file.compressedSize - 1;
    if (!file.deflated) return yield* this.#archives.read(name, file.dataAt + offset, last);
    const inflate = createInflateRaw();
    // Its failure comes out of the iteration below, too.
    const feeding = pipeline(this.#archives.read(name, file.dataAt, last), inflate).catch(() => undefined);
    try {
      yield* from(inflate, offset);
    } finally {
      inflate.destroy();
      await feeding;
    }
  }

  /** Lets go of archives that are too many, too old or too large together, and of what a broken-off sealing left. */
  async prune(): Promise<void> {
    const now = this.#clock.nowMs();
    for (const file of await readdir(this.#folder)) {
      const name = /^(.+)\.zip\.part$/.exec(file)?.[1];
      if (name === undefined || this.#sealing.has(name)) continue;
      const path = join(this.#folder, file);
      const at = await stat(path).catch(() => undefined);
      // Of another cell on the same folder, perhaps, and still being written: as long as it may take, and then some.
      if (at !== undefined && at.mtimeMs < now - 2 * this.#limits.maxMs) await forget(path);
    }
    await this.#archives.prune(this.#limits, now, (name) => this.#sealing.has(name));
  }

  async #seal({ guid, attempt, spool, source, notes = [] }: SealRequest, signal: AbortSignal): Promise<Manifest> {
    const name = attemptFileName(guid, attempt);
    const part = join(this.#folder, `${name}.zip.part`);
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
      const file = { path: part, bytes: archiveBytes, sha256: archiveSha256 };
      await this.#archives.keep(name, file, JSON.stringify(manifest), signal);
      return manifest;
    } catch (error) {
      await zip.abandon();
      await forget(part);
      throw error;
    }
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
