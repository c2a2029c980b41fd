/** At most so many at once; the others wait in line, each until its turn or until its signal aborts. */
export class Slots {
  readonly #line: (() => void)[] = [];
  #free: number;

  constructor(width: number) {
    this.#free = width;
  }

  /** @returns what gives the place back. @throws the signal's reason when it aborts while waiting. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      // Handed over, not given back, so that nobody slips in between.
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const mine = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(mine), 1);
        reject(signal.reason as Error);
      };
      this.#line.push(mine);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
