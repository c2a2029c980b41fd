import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { PlaceTerms } from './fence.ts';

/** What an earlier process of the cell knew of its place. */
export interface KeptTerms extends PlaceTerms {
  /** How long ago a BBS vouched for it; undefined when that cannot be told. */
  readonly agoMs: number | undefined;
}

/** This life of the machine; '' where it tells none. */
function thisBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Of the machine, not of this process: what one process wrote the next one can count on, until the machine is booted anew. */
const machineMs = () => Math.floor(Number(process.hrtime.bigint() / 1_000_000n));

/** The terms of the cell's place and when it was last vouched for: what it has to count with until a BBS tells it anew. */
export class KeptLease {
  readonly #file: string;
  readonly #log: Logger;
  readonly #boot = thisBoot();
  #failed = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string, log: Logger) {
    this.#file = join(stateDir, 'lease');
    this.#log = log;
  }

  /** Undefined when nothing is known. */
  async load(): Promise<KeptTerms | undefined> {
    const text = (await readFile(this.#file, 'utf8').catch(() => '')).trim();
    const [ttl = '', lostAfter = '', boot = '', at = ''] = text.split(' ');
    if (!isMs(ttl) || !isMs(lostAfter)) return undefined;
    const agoMs = boot !== '' && boot === this.#boot && isMs(at) ? machineMs() - Number(at) : undefined;
    return { ttlMs: Number(ttl), lostAfterMs: Number(lostAfter), agoMs };
  }

  /** @param ageMs how long ago what has now been answered was asked. */
  keep({ ttlMs, lostAfterMs }: PlaceTerms, ageMs: number): void {
    const text = [ttlMs, lostAfterMs, this.#boot, machineMs() - ageMs].map((part) => part.toString()).join(' ');
    // One after the other: the file between is the same one. Not synced: when the machine goes, so does what ran on it.
    this.#writing = this.#writing.then(async () => await this.#write(text));
  }

  async settled(): Promise<void> {
    await this.#writing;
  }

  async #write(text: string): Promise<void> {
    try {
      await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
      this.#failed = false;
    } catch (error) {
      // Once, not with each renewal: the next process counts with what was there before.
      if (!this.#failed) this.#log.warn({ error: errorText(error) }, 'lease.write-failed');
      this.#failed = true;
    }
  }
}

function isMs(text: string): boolean {
  return /^\d{1,15}(\.\d+)?$/.test(text);
}
