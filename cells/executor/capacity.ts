/** What a task holds of its cell from the claim until its container is gone. Declared amounts, never measured use. */
export interface Amounts {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
  readonly cpuWeight: number;
}

export type Total = Pick<Amounts, 'memoryMb' | 'diskMb' | 'containers'>;

const NOTHING: Amounts = { memoryMb: 0, diskMb: 0, containers: 0, cpuWeight: 0 };
const COUNTED = [
  ['memory', 'memoryMb'],
  ['disk', 'diskMb'],
  ['containers', 'containers'],
] as const;

/** The cell's books. CPU weight is relative, so it is summed but never short. */
export class Capacity {
  readonly total: Total;
  readonly #held = new Map<string, Amounts>();
  #used: Amounts = NOTHING;

  constructor(total: Total) {
    this.total = total;
  }

  /** @returns what there is too little of; empty = reserved. A key that holds already keeps what it has. */
  reserve(key: string, amounts: Amounts): readonly string[] {
    if (this.#held.has(key)) return [];
    const short = COUNTED.filter(([, field]) => this.#used[field] + amounts[field] > this.total[field]);
    if (short.length > 0) return short.map(([name]) => name);
    this.#hold(key, amounts);
    return [];
  }

  /** For what runs already (adoption): the books follow the facts, also when the settings have shrunk below them. */
  take(key: string, amounts: Amounts): void {
    if (!this.#held.has(key)) this.#hold(key, amounts);
  }

  release(key: string): void {
    const amounts = this.#held.get(key);
    if (amounts === undefined) return;
    this.#held.delete(key);
    this.#used = add(this.#used, amounts, -1);
  }

  /** Keys that hold a share. */
  get holders(): readonly string[] {
    return [...this.#held.keys()];
  }

  get free(): Total {
    const left = (field: keyof Total) => Math.max(0, this.total[field] - this.#used[field]);
    return { memoryMb: left('memoryMb'), diskMb: left('diskMb'), containers: left('containers') };
  }

  get used(): Amounts {
    return this.#used;
  }

  #hold(key: string, amounts: Amounts): void {
    this.#held.set(key, amounts);
    this.#used = add(this.#used, amounts, 1);
  }
}

function add(a: Amounts, b: Amounts, sign: 1 | -1): Amounts {
  return {
    memoryMb: a.memoryMb + sign * b.memoryMb,
    diskMb: a.diskMb + sign * b.diskMb,
    containers: a.containers + sign * b.containers,
    cpuWeight: a.cpuWeight + sign * b.cpuWeight,
  };
}
