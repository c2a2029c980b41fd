import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { forget, writeDurably } from '../files.ts';

/** Where sealed archives lie, each with its manifest, which is written last: an archive without one is no archive. */
export interface Archives {
  /** The manifest's text; undefined: there is no such archive. */
  manifest(name: string, signal: AbortSignal): Promise<string | undefined>;

  /** Takes a file over (it is gone from where it was) and then its manifest. Whole when this resolves. */
  keep(name: string, file: SealedFile, manifest: string, signal: AbortSignal): Promise<void>;

  /** The archive's bytes from `start` up to `end`, both included; to the last one without it. */
  read(name: string, start: number, end?: number): AsyncIterable<Buffer>;

  /** Lets go of what is beyond the limits, but for what `busy` names. */
  prune(limits: KeepLimits, now: number, busy: (name: string) => boolean): Promise<void>;
}

export interface SealedFile {
  readonly path: string;
  readonly bytes: number;
  /** As hex digits. */
  readonly sha256: string;
}

/** The newest so many, none older than so long, all together not more than so much. */
export interface KeepLimits {
  readonly keepAttempts: number;
  readonly keepMs: number;
  readonly keepBytes: number;
}

/** In a folder of the cell, or one that several cells share. */
export class FolderArchives implements Archives {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async manifest(name: string): Promise<string | undefined> {
    return await readFile(this.#path(name, 'json'), 'utf8').catch(() => undefined);
  }

  async keep(name: string, { path }: SealedFile, manifest: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await rename(path, this.#path(name, 'zip'));
    await writeDurably(this.#path(name, 'json'), manifest);
  }

  read(name: string, start: number, end?: number): AsyncIterable<Buffer> {
    return createReadStream(this.#path(name, 'zip'), { start, ...(end === undefined ? {} : { end }) });
  }

  async prune(limits: KeepLimits, now: number, busy: (name: string) => boolean): Promise<void> {
    const found: { name: string; at: number; bytes: number }[] = [];
    for (const file of await readdir(this.#folder)) {
      const at = file.endsWith('.zip') ? await stat(join(this.#folder, file)).catch(() => undefined) : undefined;
      if (at !== undefined) found.push({ name: file.slice(0, -'.zip'.length), at: at.mtimeMs, bytes: at.size });
    }
    found.sort((a, b) => b.at - a.at);
    const oldest = now - limits.keepMs;
    let bytes = 0;
    for (const [index, archive] of found.entries()) {
      bytes += archive.bytes;
      const keep = index < limits.keepAttempts && archive.at >= oldest && bytes <= limits.keepBytes;
      if (keep || busy(archive.name)) continue;
      for (const ending of ['json', 'zip'] as const) await forget(this.#path(archive.name, ending));
    }
  }

  #path(name: string, ending: 'json' | 'zip'): string {
    return join(this.#folder, `${name}.${ending}`);
  }
}
