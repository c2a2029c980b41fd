import TinyQueue from 'tinyqueue';

/** So many starts of one domain may come before those of another whose turn it is, within one batch: it is placed large tasks first. */
const TURNS_AT_ONCE = 8;
/** What could not be placed for long catches up on so many starts at most, when it can be. */
const CREDIT = 64;

/** What one domain has ready, in its own order. */
export interface Line<T> {
  readonly ready: TinyQueue<T>;
  /** How many starts it has had; a domain that comes begins where the others are. */
  served: number;
  /** Its tasks that wait, ready or not. */
  waiting: number;
}

interface Turn<T> {
  readonly line: Line<T>;
  at: number;
}

/**
 * Equal shares of starts for the domains that have something to place (I23): whoever has had least comes next, and within a domain the
 * oldest. Start-time fair queueing: what has waited in vain gathers no claim on the time in which others could be placed.
 */
export class Shares<T extends { readonly age: number }> {
  readonly #lines = new Map<string, Line<T>>();
  /** Where the domains that are being served are. */
  #now = 0;

  get lines(): Iterable<Line<T>> {
    return this.#lines.values();
  }

  /** The domain's line, also for its first task. */
  of(domain: string): Line<T> {
    let line = this.#lines.get(domain);
    if (line === undefined) {
      line = { ready: new TinyQueue<T>([], (a, b) => a.age - b.age), served: this.#now, waiting: 0 };
      this.#lines.set(domain, line);
    }
    return line;
  }

  /** One task less waits. */
  left(domain: string): void {
    const line = this.#lines.get(domain);
    if (line === undefined) return;
    line.waiting -= 1;
    if (line.waiting === 0) this.#lines.delete(domain);
  }

  /** One of its tasks was placed. */
  charge(domain: string): void {
    const line = this.#lines.get(domain);
    if (line === undefined) return;
    const at = this.at(line);
    line.served = at + 1;
    this.#now = Math.max(this.#now, at);
  }

  at(line: Line<T>): number {
    return Math.max(line.served, this.#now - CREDIT);
  }

  /**
   * Draws in turns until `most` are there or nothing is ready. @param draw takes the line's next, or undefined when that was nothing after all.
   * @returns what was drawn, in the parts that are to be placed one after the other; of one domain alone it is one part.
   */
  draw<W>(most: number, draw: (line: Line<T>) => W | undefined): W[][] {
    const turns = [...this.#lines.values()]
      .filter(({ ready }) => ready.length > 0)
      .map((line): Turn<T> => ({ line, at: this.at(line) }));
    const order = new TinyQueue<Turn<T>>(turns, (a, b) => a.at - b.at || ageOf(a) - ageOf(b));
    const parts: W[][] = [];
    let part: W[] = [];
    let began = 0;
    /** Whose part it is, while it is of one domain only. */
    let whose: Line<T> | undefined;
    for (let drawn = 0; drawn < most; ) {
      const turn = order.pop();
      if (turn === undefined) break;
      const { line } = turn;
      const one = draw(line);
      if (one !== undefined) {
        const late = turn.at - began >= TURNS_AT_ONCE && (order.length > 0 || whose !== line);
        if (parts.length === 0 || late) {
          part = [];
          parts.push(part);
          began = turn.at;
          whose = line;
        } else if (whose !== line) whose = undefined;
        part.push(one);
        drawn += 1;
        turn.at += 1;
      }
      if (line.ready.length > 0) order.push(turn);
    }
    return parts;
  }
}

function ageOf<T extends { readonly age: number }>({ line }: Turn<T>): number {
  return line.ready.peek()?.age ?? 0;
}
