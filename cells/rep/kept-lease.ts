import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import { writeDurably } from '../executor/files.ts';

/** How long a cell's place lasted when it last had one: what it has to count with until a BBS tells it anew. */
export class KeptLease {
  readonly #file: string;
  readonly #log: Logger;
  #ttlMs: number | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string, log: Logger) {
    this.#file = join(stateDir, 'lease');
    this.#log = log;
  }

  /** In milliseconds; undefined when nothing is known. */
  async load(): Promise<number | undefined> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    this.#ttlMs = /^\d{3,9}$/.test(text.trim()) ? Number(text) : undefined;
    return this.#ttlMs;
  }

  /** Written only when it is another one. */
  keep(ttlMs: number): void {
    if (ttlMs === this.#ttlMs) return;
    this.#ttlMs = ttlMs;
    // One after the other: the file between is the same one.
    this.#writing = this.#writing
      .then(async () => await writeDurably(this.#file, String(Math.round(ttlMs))))
      .catch((error: unknown) => {
        this.#log.warn({ error: errorText(error) }, 'lease.write-failed');
      });
  }

  async settled(): Promise<void> {
    await this.#writing;
  }
}
