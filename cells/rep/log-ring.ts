import { Wakers } from '../../src/platform/wakers.ts';

/** A line of the cell's own log. */
export interface RingLine {
  readonly sequence: number;
  /** JSON, as it stands on stderr. */
  readonly text: string;
}

const LINES = 5_000;
const BYTES = 2 * 2 ** 20;
const LONGEST = 16 * 1_024;

/**
 * The newest lines of the cell's own log, for operators who are not on its machine. They are those of stderr, where what is secret was taken out
 * already. Bounded in lines and bytes; who reads too slowly misses the oldest.
 */
export class LogRing {
  #lines: RingLine[] = [];
  #bytes = 0;
  #last = 0;
  readonly #wakers = new Wakers();

  readonly take = (text: string): void => {
    this.#last += 1;
    const line = { sequence: this.#last, text: text.trimEnd().slice(0, LONGEST) };
    this.#lines.push(line);
    this.#bytes += line.text.length;
    // Not with every line: moving all of them costs more than a few that are too many.
    if (this.#lines.length > LINES * 1.1 || this.#bytes > BYTES * 1.1) this.#trim();
    this.#wakers.wake();
  };

  /** To the newest that are within both bounds. */
  #trim(): void {
    let drop = 0;
    while (this.#lines.length - drop > LINES || this.#bytes > BYTES) {
      this.#bytes -= this.#lines[drop]?.text.length ?? 0;
      drop += 1;
    }
    this.#lines = this.#lines.slice(drop);
  }

  /** The last `tail` lines, then with `follow` those that come; an empty list after each `idleMs` without any. */
  async *read(tail: number, follow: boolean, idleMs: number, signal: AbortSignal): AsyncGenerator<readonly RingLine[]> {
    let after = Math.max(0, this.#last - tail);
    for (;;) {
      const batch = this.#lines.filter(({ sequence }) => sequence > after).slice(0, BATCH);
      after = batch.at(-1)?.sequence ?? after;
      if (batch.length > 0) {
        yield batch;
        continue;
      }
      if (!follow || signal.aborted) return;
      if (await this.#wakers.quiet(idleMs, signal)) yield [];
    }
  }
}

/** Well below what one message may hold. */
const BATCH = 100;
