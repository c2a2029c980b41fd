import type { Workload } from './auction-workload.ts';

/**
 * The peer: every cell is looked at for every task, with Diego's own scoring rule (mean used fraction after placing,
 * and 1000 points for each task already there; the lowest wins, the first of equals), tasks by memory, largest first.
 * It leaves out what the real one also pays for (matching the rootfs URL, 0.1 µs a pair), so it flatters the peer.
 */
export interface PeerCell {
  readonly stacks: ReadonlySet<number>;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
  freeMemory: number;
  freeDisk: number;
  tasks: number;
}

export function peerCells(workload: Workload): PeerCell[] {
  return workload.cells.map((cell) => ({
    stacks: new Set(cell.stacks),
    memoryMb: cell.memoryMb,
    diskMb: cell.diskMb,
    containers: cell.containers,
    freeMemory: cell.memoryMb,
    freeDisk: cell.diskMb,
    tasks: 0,
  }));
}

/** How many of the first `limit` tasks were placed; the cells carry them afterwards. */
export function scanAllCells(cells: readonly PeerCell[], workload: Workload, limit: number): number {
  const tasks = workload.tasks.slice(0, limit).sort((a, b) => b.memoryMb - a.memoryMb);
  let placed = 0;
  for (const task of tasks) {
    let best: PeerCell | undefined;
    let bestScore = Number.POSITIVE_INFINITY;
    for (const cell of cells) {
      if (!cell.stacks.has(task.stack)) continue;
      if (cell.freeMemory < task.memoryMb || cell.freeDisk < task.diskMb || cell.tasks >= cell.containers) continue;
      const memory = 1 - (cell.freeMemory - task.memoryMb) / cell.memoryMb;
      const disk = 1 - (cell.freeDisk - task.diskMb) / cell.diskMb;
      const score = (memory + disk + (cell.tasks + 1) / cell.containers) / 3 + 1000 * cell.tasks;
      if (score < bestScore) {
        best = cell;
        bestScore = score;
      }
    }
    if (best === undefined) continue;
    best.freeMemory -= task.memoryMb;
    best.freeDisk -= task.diskMb;
    best.tasks += 1;
    placed += 1;
  }
  return placed;
}
