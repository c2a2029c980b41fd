import type { Resources } from './needs.ts';

export type Policy = 'spread' | 'binpack';

/** How much a cell's CPU weights count against its room: at most as much as a tenth of the cell. */
const CPU_PART = 0.1;
/** How much the shape of a task (memory against disk) counts against levelling. */
const SHAPE_PART = 0.25;
/**
 * Spreading ends here: cells fuller than this are filled up one by one. Levelling to the last leaves each cell a gap too
 * small for a large task that comes late; filled up in turn, the others keep theirs.
 */
const NEARLY_FULL = 0.95;

/** The reciprocals of a cell's capacity: a score is taken per placement, a division is not needed for each. */
export interface Scale {
  readonly perMemory: number;
  readonly perDisk: number;
  readonly perContainer: number;
  readonly capacity: Resources;
  /** The sum of CPU weights at which a cell of this size counts as half busy. */
  readonly cpuHalf: number;
}

export function scaleOf(capacity: Resources): Scale {
  return {
    capacity,
    perMemory: capacity.memoryMb > 0 ? 1 / capacity.memoryMb : 0,
    perDisk: capacity.diskMb > 0 ? 1 / capacity.diskMb : 0,
    perContainer: capacity.containers > 0 ? 1 / capacity.containers : 0,
    cpuHalf: Math.max(1, capacity.memoryMb / 16),
  };
}

/**
 * How full a cell is, 0 to about 1.1: the share of whatever it has least of, and a little for its CPU weights. The sum
 * of weights has no upper bound and no capacity to compare with, so it counts as weight / (weight + half), where half
 * grows with the cell's size: between two cells equally full the one with the lighter company wins.
 */
export function load(scale: Scale, memory: number, disk: number, containers: number, cpuWeight: number): number {
  const m = 1 - memory * scale.perMemory;
  const d = 1 - disk * scale.perDisk;
  const c = 1 - containers * scale.perContainer;
  const fullest = m > d ? (m > c ? m : c) : d > c ? d : c;
  return cpuWeight > 0 ? fullest + (CPU_PART * cpuWeight) / (cpuWeight + scale.cpuHalf) : fullest;
}

/** Lower is better. */
export function keyOf(policy: Policy, loaded: number): number {
  if (policy === 'binpack') return -loaded;
  return loaded <= NEARLY_FULL ? loaded : 2 * NEARLY_FULL - loaded;
}

/**
 * The part of the score that depends on the task: how unlike the shares are that it takes of a cell's free memory and of
 * its free disk; 0 to SHAPE_PART. Without it tasks heavy on disk fill the cells that are short of disk, whose memory is
 * then stranded. It is squared so that a small misfit does not disturb the levelling.
 */
export function shapePenalty(memory: number, disk: number, freeMemory: number, freeDisk: number): number {
  const m = freeMemory > 0 ? memory / freeMemory : 0;
  const d = freeDisk > 0 ? disk / freeDisk : 0;
  const misfit = m + d > 0 ? (m - d) / (m + d) : 0;
  return SHAPE_PART * misfit * misfit;
}
