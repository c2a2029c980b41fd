/**
 * Which work of one stream the free amounts of the summary already account for: the auctioneer subtracts by itself what it has
 * sent since. Claims are booked in any order, so the answer is the highest sequence up to which all are.
 */
export class WorkLedger {
  readonly #open = new Map<number, number>();
  #highest = 0;

  begin(sequence: number, claims: number): void {
    this.#highest = Math.max(this.#highest, sequence);
    if (claims > 0) this.#open.set(sequence, claims);
  }

  /** One claim of that message has been booked or refused. */
  done(sequence: number): void {
    const left = (this.#open.get(sequence) ?? 1) - 1;
    if (left > 0) this.#open.set(sequence, left);
    else this.#open.delete(sequence);
  }

  get accounted(): number {
    let lowest = this.#highest + 1;
    for (const sequence of this.#open.keys()) lowest = Math.min(lowest, sequence);
    return lowest - 1;
  }
}
