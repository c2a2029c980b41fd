import { cutTo } from '../platform/width.ts';
import type { Io } from './io.ts';

const TICK_MS = 250;
const ERASE = '\r\u001b[K';

/** One line at the foot of a terminal that is drawn again and again; it steps aside whenever something else is written. */
export class StatusLine {
  readonly #io: Pick<Io, 'stderr' | 'stdout'>;
  readonly #enabled: boolean;
  #text: (() => string) | undefined;
  #shown = '';
  #timer: NodeJS.Timeout | undefined;
  /** The cursor stands in the middle of somebody's line: drawing there would spoil it. */
  midLine = false;

  constructor(io: Pick<Io, 'stderr' | 'stdout'>, enabled: boolean) {
    this.#io = io;
    this.#enabled = enabled;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** Keeps showing what `text` answers, until `stop`. */
  show(text: () => string): void {
    if (!this.#enabled) return;
    this.#text = text;
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS).unref();
    this.#draw();
  }

  /** Out of the way, until the next tick. */
  hide(): void {
    if (this.#shown === '') return;
    this.#io.stderr.write(ERASE);
    this.#shown = '';
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#text = undefined;
    this.hide();
  }

  #draw(): void {
    if (this.#text === undefined || this.midLine) return;
    // The last column stays free: some terminals begin a new line when it is written.
    const text = cutTo(this.#text(), (this.#io.stdout.columns ?? 80) - 1);
    if (text === this.#shown) return;
    this.#io.stderr.write(`${ERASE}${text}`);
    this.#shown = text;
  }
}
