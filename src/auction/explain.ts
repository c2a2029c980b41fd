import type { CellIndex, Member } from './cell-index.ts';
import type { Demand } from './needs.ts';
import { keyOf, load, shapePenalty } from './score.ts';

/** Why a cell would not take a task; empty = it would. In the order in which they are looked at. */
export type CellCode =
  | ''
  | 'stack'
  | 'rootfs'
  | 'tags'
  | 'too_small'
  | 'not_connected'
  | 'closed'
  | 'containers'
  | 'disk'
  | 'memory';

interface Amounts {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

export interface CellVerdict {
  readonly cellId: string;
  readonly code: CellCode;
  readonly asked: Amounts;
  readonly free: Amounts;
  readonly capacity: Amounts;
  /** For people; why it is closed, for example. */
  readonly note: string;
  /** Lower wins; only of cells that would take the task. */
  readonly score?: { readonly load: number; readonly shape: number; readonly total: number };
}

/** What each cell says to a task, the best first, then by cell id. Costs a look at every cell, so only when somebody asks. */
export function explain(task: Demand, index: CellIndex): CellVerdict[] {
  const verdicts = [...index.cells()].map((member) => verdictOf(task, index, member));
  const rank = (verdict: CellVerdict) => verdict.score?.total ?? Number.POSITIVE_INFINITY;
  return verdicts.sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(a) < rank(b) ? -1 : 1;
    return a.cellId < b.cellId ? -1 : 1;
  });
}

function verdictOf(task: Demand, index: CellIndex, member: Member): CellVerdict {
  const { memory, disk, containers, cell, scale } = member;
  const code = codeOf(task, member);
  const verdict = {
    cellId: cell.id,
    code,
    asked: { memoryMb: task.memoryMb, diskMb: task.diskMb, containers: 1 },
    free: { memoryMb: memory, diskMb: disk, containers },
    capacity: scale.capacity,
    note: cell.note ?? '',
  };
  if (code !== '') return verdict;
  const loadPart = keyOf(index.policy, load(scale, memory, disk, containers, member.cpuWeight));
  const shape = shapePenalty(task.memoryMb, task.diskMb, memory, disk);
  return { ...verdict, score: { load: loadPart, shape, total: loadPart + shape } };
}

function codeOf(task: Demand, member: Member): CellCode {
  const { memoryMb, diskMb } = task;
  const { capacity } = member.scale;
  const mismatch = member.group.kind.mismatch(task.needs);
  if (mismatch !== undefined) return mismatch;
  if (capacity.containers < 1 || capacity.diskMb < diskMb || capacity.memoryMb < memoryMb) return 'too_small';
  if (member.cell.standing === 'absent') return 'not_connected';
  if (member.cell.standing === 'closed') return 'closed';
  if (member.containers < 1) return 'containers';
  if (member.disk < diskMb) return 'disk';
  return member.memory < memoryMb ? 'memory' : '';
}
