import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../../../src/platform/clock.ts';
import { attemptFileName, forget } from '../files.ts';
import { Spool, type SpoolOptions } from './spool.ts';

export interface SpoolLimits {
  /** Most bytes kept of one attempt. */
  readonly maxBytes: number;
  /** Finished attempts kept: the newest so many, none older than so long. */
  readonly keepAttempts: number;
  readonly keepMs: number;
}

/** The logs of this cell's attempts, running and finished. */
export class Spools {
  readonly #folder: string;
  readonly #limits: SpoolLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Those with a writer. Finished ones are opened again when somebody asks. */
  readonly #open = new Map<string, Spool>();

  constructor(stateDir: string, limits: SpoolLimits, clock: Clock, log: Logger) {
    this.#folder = join(stateDir, 'logs');
    this.#limits = limits;
    this.#clock = clock;
    this.#log = log;
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** For a new attempt: readers may follow it from here on. */
  begin(guid: string, attempt: string): Spool {
    const name = attemptFileName(guid, attempt);
    const spool = new Spool(this.#optionsOf(name));
    this.#open.set(name, spool);
    return spool;
  }

  /** For an attempt of before a restart. */
  async resume(guid: string, attempt: string): Promise<Spool> {
    const name = attemptFileName(guid, attempt);
    const spool = await Spool.reopen(this.#optionsOf(name));
    this.#open.set(name, spool);
    return spool;
  }

  async find(guid: string, attempt: string): Promise<Spool | undefined> {
    const name = attemptFileName(guid, attempt);
    const open = this.#open.get(name);
    if (open !== undefined) return open;
    if (!(await this.#exists(`${name}.end`)) && !(await this.#exists(`${name}.log`))) return undefined;
    const spool = await Spool.reopen(this.#optionsOf(name));
    // Nobody writes it any more, whatever became of its writer: a reader must not wait for more.
    await spool.close();
    return spool;
  }

  async finish(guid: string, attempt: string): Promise<void> {
    const name = attemptFileName(guid, attempt);
    await this.#open.get(name)?.close();
    this.#open.delete(name);
  }

  async detachAll(): Promise<void> {
    await Promise.all([...this.#open.values()].map(async (spool) => await spool.detach()));
    this.#open.clear();
  }

  /** Lets go of finished attempts that are too many or too old. */
  async prune(): Promise<void> {
    const finished: { name: string; at: number }[] = [];
    for (const file of await readdir(this.#folder)) {
      const name = file.replace(/\.(log|end|meta)$/, '');
      if (name === file) continue;
      if (this.#open.has(name) || finished.some((other) => other.name === name)) continue;
      const found = await stat(join(this.#folder, file)).catch(() => undefined);
      if (found !== undefined) finished.push({ name, at: found.mtimeMs });
    }
    finished.sort((a, b) => b.at - a.at);
    const oldest = this.#clock.nowMs() - this.#limits.keepMs;
    for (const { name } of finished.filter(({ at }, index) => index >= this.#limits.keepAttempts || at < oldest)) {
      for (const ending of ['end', 'log', 'meta']) await forget(join(this.#folder, `${name}.${ending}`));
    }
  }

  async #exists(file: string): Promise<boolean> {
    return await stat(join(this.#folder, file)).then(
      () => true,
      () => false,
    );
  }

  #optionsOf(name: string): SpoolOptions {
    const path = join(this.#folder, name);
    return { path, maxBytes: this.#limits.maxBytes, source: 'LOG', clock: this.#clock, log: this.#log };
  }
}
