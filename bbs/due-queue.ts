import TinyQueue from 'tinyqueue';

/** So many that are of no use any more are nothing to clear away for. */
const FEW = 1_000;

/**
 * What is due, the earliest first. Most of it is overtaken long before: a task that starts after a second leaves its placement deadline of half an hour
 * behind. Nobody looks for that when it happens; when more than half of the queue may be such, all of it goes at once, so that a thousand tasks a second
 * hold the memory of those that live and not of half an hour.
 */
export class DueQueue<T extends { readonly at: number }> {
  readonly #isOver: (due: T) => boolean;
  /** How many there may be that are not over. */
  readonly #live: () => number;
  #queue = new TinyQueue<T>([], byTime);
  /** How many were left the last time: one thing may be due several times. */
  #kept = 0;

  constructor(isOver: (due: T) => boolean, live: () => number) {
    this.#isOver = isOver;
    this.#live = live;
  }

  get length(): number {
    return this.#queue.length;
  }

  push(due: T): void {
    this.#queue.push(due);
    if (this.#queue.length <= 2 * Math.max(this.#live(), this.#kept) + FEW) return;
    this.#queue = new TinyQueue(
      this.#queue.data.filter((each) => !this.#isOver(each)),
      byTime,
    );
    this.#kept = this.#queue.length;
  }

  peek(): T | undefined {
    return this.#queue.peek();
  }

  pop(): T | undefined {
    return this.#queue.pop();
  }
}

function byTime(a: { readonly at: number }, b: { readonly at: number }): number {
  return a.at - b.at;
}
