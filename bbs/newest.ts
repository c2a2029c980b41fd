/** The newest so many of what was put in; the oldest drops out for each that comes. */
export class Newest<T> {
  readonly #size: number;
  readonly #dropped: (item: T) => void;
  readonly #items: T[] = [];
  #next = 0;

  constructor(size: number, dropped: (item: T) => void) {
    this.#size = size;
    this.#dropped = dropped;
  }

  add(item: T): void {
    const oldest = this.#items[this.#next];
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#size;
    if (oldest !== undefined) this.#dropped(oldest);
  }
}
