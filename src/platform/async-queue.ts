/**
 * A bounded hand-over from producers that cannot wait to one consumer that reads in its own time. Full means the consumer is
 * too slow: `push` answers false, and the producer decides what that means (usually: end the stream, let the reader resume).
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #limit: number;
  #wake: (() => void) | undefined;
  #ended = false;
  #failure: Error | undefined;

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length;
  }

  /** @returns false when the queue is full or ended, and the item was not taken. */
  push(item: T): boolean {
    if (this.#ended || this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    this.#wake?.();
    return true;
  }

  /** No more items: the consumer gets what is there, then its end (or the failure). */
  end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#wake?.();
  }

  /** For one consumer. Ends the queue when the consumer stops reading. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        while (this.#items.length > 0) yield this.#items.shift() as T;
        if (this.#ended) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#ended = true;
    }
  }
}
