import type { CellGroup, CellIndex } from './cell-index.ts';
import type { Demand } from './needs.ts';
import { type Refused, Refuser } from './refusal.ts';
import { shapePenalty } from './score.ts';

export interface Placed<T extends Demand = Demand> {
  readonly task: T;
  readonly cellId: string;
  readonly epoch: string;
}

export interface Verdicts<T extends Demand = Demand> {
  readonly placed: Placed<T>[];
  readonly refused: Refused<T>[];
}

/**
 * Places a batch, large tasks first (small ones fill what is left), among equals in the order given. What is placed is
 * reserved in the index, so that the next batch may begin before any cell has reported.
 */
export function place<T extends Demand>(batch: readonly T[], index: CellIndex): Verdicts<T> {
  const placed: Placed<T>[] = [];
  const left: T[] = [];
  for (const task of largeFirst(batch, index.diskPerMemory)) {
    const before = left.at(-1);
    // Room only shrinks during a batch, so what asks for the same as a refused one need not be tried.
    const member =
      before !== undefined && asksTheSame(task, before) ? undefined : choose(index.match(task.needs).groups, task);
    if (member === undefined) {
      left.push(task);
      continue;
    }
    index.reserve(member, task.memoryMb, task.diskMb, 1, task.cpuWeight);
    placed.push({ task, cellId: member.cell.id, epoch: member.cell.epoch });
  }
  // Judged at the end of the batch, so that all of them speak of the same moment.
  const refuser = new Refuser(index);
  return { placed, refused: left.map((task) => refuser.refuse(task)) };
}

function asksTheSame(a: Demand, b: Demand): boolean {
  return a.memoryMb === b.memoryMb && a.diskMb === b.diskMb && a.needs.key === b.needs.key;
}

function choose(groups: readonly CellGroup[], task: Demand): CellGroup['members'][number] {
  const { memoryMb, diskMb } = task;
  let best: CellGroup | undefined;
  let bestLeaf = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] as CellGroup;
    const { tree } = group;
    const leaf = tree.find(memoryMb, diskMb);
    if (leaf < 0) continue;
    const score = tree.key(leaf) + shapePenalty(memoryMb, diskMb, tree.memory(leaf), tree.disk(leaf));
    if (best === undefined || score < bestScore || (score === bestScore && tree.id(leaf) < best.tree.id(bestLeaf))) {
      best = group;
      bestLeaf = leaf;
      bestScore = score;
    }
  }
  return best?.members[bestLeaf];
}

/** The place in the batch travels in the low bits of the sort key, so the engine's own sort of numbers does the work, stably. */
const PLACES = 2 ** 22;
const SIZES = 2 ** 31 - 1;

function largeFirst<T extends Demand>(batch: readonly T[], diskPerMemory: number): readonly T[] {
  if (batch.length < 2) return batch;
  if (batch.length > PLACES) throw new RangeError(`a batch holds at most ${PLACES} tasks`);
  const keys = new Float64Array(batch.length);
  for (let i = 0; i < batch.length; i++) {
    const task = batch[i] as T;
    const size = Math.min(SIZES, Math.round(task.memoryMb * diskPerMemory + task.diskMb));
    keys[i] = (SIZES - size) * PLACES + i;
  }
  keys.sort();
  return Array.from(keys, (key) => batch[key % PLACES] as T);
}
