import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { errorText } from '../../../src/domain/errors.ts';
import type { LocalFile } from '../actions/step.ts';
import { digestsOf } from './checksum.ts';
import { Slots } from './slots.ts';

const noteSchema = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), etag: z.string(), lastModified: z.string() });

/** What is known of a key: which content it led to last time, and how to ask the server whether it still does. */
export type CacheNote = z.infer<typeof noteSchema>;

interface Held {
  sizeBytes: number;
  usedAt: number;
  users: number;
}

/**
 * Downloads that are kept on the cell. Content lies under its own SHA-256 and is hashed anew each time before it is handed out, so
 * neither a bad disk nor a key that two tasks chose alike can give anybody other bytes than the ones that were asked for.
 */
export class DownloadCache {
  readonly #objects: string;
  readonly #keys: string;
  readonly #maxBytes: number;
  readonly #log: Logger;
  readonly #held = new Map<string, Held>();
  /** One at a time per key: whoever comes second finds what the first has brought. */
  readonly #lines = new Map<string, { readonly slots: Slots; waiting: number }>();

  constructor(folder: string, maxBytes: number, log: Logger) {
    this.#objects = join(folder, 'objects');
    this.#keys = join(folder, 'keys');
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  /** What an earlier process of the cell kept. */
  async load(): Promise<void> {
    for (const folder of [this.#objects, this.#keys]) await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#objects)) {
      const { size, mtimeMs } = await stat(join(this.#objects, name));
      this.#held.set(name, { sizeBytes: size, usedAt: mtimeMs, users: 0 });
    }
    await this.#evict();
  }

  get bytes(): number {
    return [...this.#held.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Runs the work while nobody else works on the same key. @throws the signal's reason when it aborts while waiting. */
  async alone<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    let line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, (line = { slots: new Slots(1), waiting: 0 }));
    line.waiting += 1;
    try {
      const leave = await line.slots.take(signal);
      try {
        return await work();
      } finally {
        leave();
      }
    } finally {
      line.waiting -= 1;
      if (line.waiting === 0) this.#lines.delete(key);
    }
  }

  async note(key: string): Promise<CacheNote | undefined> {
    const text = await readFile(this.#keyPath(key), 'utf8').catch(() => '');
    try {
      const { success, data } = noteSchema.safeParse(JSON.parse(text));
      return success ? data : undefined;
    } catch {
      return undefined;
    }
  }

  /** The content, verified on the disk just now. What is not what it should be goes, and counts as absent. */
  async take(sha256: string): Promise<LocalFile | undefined> {
    const held = this.#held.get(sha256);
    if (held === undefined) return undefined;
    held.users += 1;
    try {
      const found = await digestsOf(this.#path(sha256), ['sha256']);
      if (found.sha256 === sha256) {
        held.usedAt = Date.now();
        await utimes(this.#path(sha256), new Date(), new Date());
        return this.#handOut(sha256, held, true);
      }
      this.#log.error({ sha256, found: found.sha256 }, 'cache.content-changed');
    } catch (error) {
      this.#log.warn({ sha256, error: errorText(error) }, 'cache.unreadable');
    }
    held.users -= 1;
    await this.#drop(sha256);
    return undefined;
  }

  /** Keeps a file that was just downloaded and hashed. @returns undefined when it is too large to be kept. */
  async put(key: string, from: string, sizeBytes: number, note: CacheNote): Promise<LocalFile | undefined> {
    if (sizeBytes > this.#maxBytes) return undefined;
    const { sha256 } = note;
    let held = this.#held.get(sha256);
    await rename(from, this.#path(sha256));
    if (held === undefined) this.#held.set(sha256, (held = { sizeBytes, usedAt: Date.now(), users: 0 }));
    held.users += 1;
    held.usedAt = Date.now();
    await writeFile(this.#keyPath(key), JSON.stringify(note), { mode: 0o600 });
    await this.#evict();
    return this.#handOut(sha256, held, false);
  }

  #handOut(sha256: string, held: Held, cached: boolean): LocalFile {
    let released = false;
    const release = async (): Promise<void> => {
      if (released) return;
      released = true;
      held.users -= 1;
      await this.#evict();
    };
    return { path: this.#path(sha256), sizeBytes: held.sizeBytes, cached, release };
  }

  /** The longest unused first; what is in use stays, even if that is too much for a while. */
  async #evict(): Promise<void> {
    const idle = [...this.#held].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [sha256] of idle) {
      if (this.bytes <= this.#maxBytes) return;
      await this.#drop(sha256);
    }
  }

  async #drop(sha256: string): Promise<void> {
    this.#held.delete(sha256);
    // Its keys lead nowhere then, which counts as absent.
    await rm(this.#path(sha256), { force: true });
  }

  #path(sha256: string): string {
    return join(this.#objects, sha256);
  }

  #keyPath(key: string): string {
    return join(this.#keys, `${createHash('sha256').update(key).digest('hex')}.json`);
  }
}
