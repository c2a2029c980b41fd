/** Guids in the order of their task numbers, for lists that begin with the newest and are read page by page. */
export class NumberIndex {
  #numbers: number[] = [];
  /** May hold a number that was deleted and came again twice. */
  #sorted = true;
  readonly #guids = new Map<number, string>();

  add(number: number, guid: string): void {
    if (this.#guids.has(number)) return;
    this.#guids.set(number, guid);
    // Numbers mostly come in order, so this is nearly always a plain append. A whole store that is read by guid comes in none:
    // sorted once when it is looked at, not moved aside for each.
    const last = this.#numbers.at(-1);
    if (last !== undefined && number <= last) this.#sorted = false;
    this.#numbers.push(number);
  }

  delete(number: number): void {
    this.#guids.delete(number);
    // Left in the array as a hole until half of it is holes: a delete in the middle would move all that is behind it.
    if (this.#numbers.length > 64 && this.#guids.size * 2 < this.#numbers.length) {
      this.#numbers = this.#numbers.filter((known) => this.#guids.has(known));
    }
  }

  guid(number: number): string | undefined {
    return this.#guids.get(number);
  }

  /** Guids from the highest number down, only those below `below`. */
  *newestFirst(below = Number.POSITIVE_INFINITY): Generator<string> {
    for (let at = this.#position(below) - 1; at >= 0; at -= 1) {
      const guid = this.#guids.get(this.#numbers[at] ?? -1);
      if (guid !== undefined) yield guid;
    }
  }

  /** Index of the first number that is not below `number`. */
  #position(number: number): number {
    if (!this.#sorted) {
      this.#numbers = [...new Set(this.#numbers)].sort((a, b) => a - b);
      this.#sorted = true;
    }
    const last = this.#numbers.at(-1);
    if (last === undefined || last < number) return this.#numbers.length;
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
