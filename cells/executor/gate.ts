/** Lets at most `width` callers in at once; those at the front of the line go first. */
export class Gate {
  readonly #width: number;
  readonly #line: (() => void)[] = [];
  #inside = 0;

  constructor(width: number) {
    this.#width = width;
  }

  async through<T>(work: () => Promise<T>, place: 'front' | 'back' = 'back'): Promise<T> {
    if (this.#inside >= this.#width) {
      await new Promise<void>((resolve) => {
        if (place === 'front') this.#line.unshift(resolve);
        else this.#line.push(resolve);
      });
    } else {
      this.#inside += 1;
    }
    try {
      return await work();
    } finally {
      // The place is handed over, not given back, so that nobody slips in between.
      const next = this.#line.shift();
      if (next === undefined) this.#inside -= 1;
      else next();
    }
  }
}
