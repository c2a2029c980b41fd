/**
 * The deterministic workload of the auction benchmark: the same cells and tasks on any machine and in any language, so
 * that figures compare with those of other schedulers on it. `canonicalText` is what its published hashes are taken of.
 */
export interface WorkloadCell {
  readonly id: string;
  readonly zone: string;
  readonly stacks: readonly number[];
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
  readonly ratio: number;
}

export interface WorkloadTask {
  guid: string;
  readonly stack: number;
  readonly memoryMb: number;
  readonly diskMb: number;
}

export interface Workload {
  readonly cells: WorkloadCell[];
  readonly tasks: WorkloadTask[];
}

type Weighted = readonly (readonly [value: number, weight: number])[];

const MEMORY: Weighted = [
  [100, 15],
  [192, 15],
  [300, 20],
  [450, 15],
  [768, 12],
  [1100, 10],
  [1800, 8],
  [3000, 5],
];
const DISK: Weighted = [
  [256, 20],
  [512, 30],
  [1024, 25],
  [2048, 15],
  [4096, 10],
];
const SEED = 20241024;

/** N cells and M tasks that all fit (at most 60 % of the memory). */
export function spreadWorkload(cellCount: number, taskCount: number, seed = SEED): Workload {
  const draw = new Draw(seed);
  const per = Math.ceil(taskCount / cellCount);
  const cells = makeCells(draw, cellCount, Math.max(16384, 512 * per), Math.max(256, 4 * per));
  const tasks: WorkloadTask[] = [];
  for (let j = 0; j < taskCount; j++) {
    const stack = draw.below(3);
    const memoryMb = draw.pick(MEMORY);
    tasks.push({ guid: guid(j), stack, memoryMb, diskMb: draw.pick(DISK) });
  }
  return { cells, tasks };
}

/** Tasks that exactly fill a percentage of every cell's memory (so a perfect packing exists), shuffled. */
export function packWorkload(cellCount: number, percent: number, seed = SEED): Workload {
  const draw = new Draw(seed);
  const cells = makeCells(draw, cellCount, 16384, 512);
  const tasks: WorkloadTask[] = [];
  for (const cell of cells) {
    let left = Math.floor((cell.memoryMb * percent) / 100);
    while (left > 0) {
      const memoryMb = Math.min(draw.pick(MEMORY), left);
      left -= memoryMb;
      const diskMb = Math.max(1, Math.floor((memoryMb * cell.ratio * (50 + draw.below(51))) / 100));
      const stack = cell.stacks.length > 1 ? draw.below(3) : (cell.stacks[0] as number);
      tasks.push({ guid: '', stack, memoryMb, diskMb });
    }
  }
  for (let i = tasks.length - 1; i >= 1; i--) {
    const j = draw.below(i + 1);
    [tasks[i], tasks[j]] = [tasks[j] as WorkloadTask, tasks[i] as WorkloadTask];
  }
  for (const [i, task] of tasks.entries()) task.guid = guid(i);
  return { cells, tasks };
}

export function canonicalText({ cells, tasks }: Workload): string {
  const lines: string[] = [];
  for (const c of cells) {
    const stacks = c.stacks.map((s) => `stack${s}`).join(',');
    lines.push(`c ${c.id} ${c.zone} ${stacks} ${c.memoryMb} ${c.diskMb} ${c.containers}\n`);
  }
  for (const t of tasks) lines.push(`t ${t.guid} stack${t.stack} ${t.memoryMb} ${t.diskMb}\n`);
  return lines.join('');
}

function makeCells(draw: Draw, count: number, base: number, containers: number): WorkloadCell[] {
  return Array.from({ length: count }, (_, i) => {
    const q = Math.floor(i / 3);
    const ratio = 2 + draw.below(3);
    const memoryMb = ([1, 2, 4][q % 3] as number) * base;
    return {
      id: `cell-${String(i).padStart(5, '0')}`,
      zone: `z${(i + q + Math.floor(i / 9)) % 3}`,
      stacks: i % 10 === 9 ? [0, 1, 2] : [i % 3],
      memoryMb,
      diskMb: memoryMb * ratio,
      containers,
      ratio,
    };
  });
}

function guid(i: number): string {
  return `t${String(i).padStart(7, '0')}`;
}

/** mulberry32: small, and the same in every language. */
class Draw {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(n: number): number {
    return Math.floor((this.#next() * n) / 2 ** 32);
  }

  pick(table: Weighted): number {
    let x = this.below(100);
    for (const [value, weight] of table) {
      if (x < weight) return value;
      x -= weight;
    }
    throw new Error('the weights do not add up to 100');
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
}
