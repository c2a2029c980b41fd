import { durationMs, msToNanos } from './duration.ts';
import type { TaskDefinition, TaskStatus } from './task.ts';
import type { Command } from './task-machine.ts';

/**
 * So long a cell that lost its place counts as away, and what only it could take waits: enough for a machine to be started anew. Then
 * it is as if it had never been.
 */
export const AWAY_MS = 10 * 60_000;

/** Time limits of the cluster, in milliseconds. */
export interface TaskPolicy {
  /** Longest wait for a cell where the task does not say. */
  readonly placementDeadlineMs: number;
  /** Longest time from the claim to the start: image pull and container creation. */
  readonly claimDeadlineMs: number;
  /** A resolver that is silent for so long has given up. */
  readonly resolvingTimeoutMs: number;
  /** How long a completed task stays in the live set when nobody resolves it. */
  readonly retentionMs: number;
  /**
   * From the loss of a cell to the failing of what ran there. So long an outage of all BBS, or of the store, may take without ending
   * what runs: a cell cannot tell it from being cut off, and stops its tasks before this is over.
   */
  readonly lostGraceMs: number;
}

export const DEFAULT_POLICY: TaskPolicy = {
  placementDeadlineMs: 30 * 60_000,
  claimDeadlineMs: 15 * 60_000,
  resolvingTimeoutMs: 30_000,
  retentionMs: 120_000,
  lostGraceMs: 100_000,
};

/** The next thing that time alone will do to a task, and when (UNIX nanoseconds). RUNNING tasks have none: their cell watches them. */
export function nextDeadline(
  task: TaskStatus,
  definition: Pick<TaskDefinition, 'placement_deadline'>,
  policy: TaskPolicy,
): { readonly at: bigint; readonly command: Command } | undefined {
  switch (task.state) {
    case 'PENDING':
      return placementDeadline(task.created_at, definition, policy);
    case 'CLAIMED':
      return {
        at: task.claimed_at + msToNanos(policy.claimDeadlineMs),
        command: { type: 'unclaim', attempt: task.attempt, reason: `cell ${task.cell_id} did not start it in time` },
      };
    case 'RUNNING':
      return undefined;
    case 'COMPLETED':
      return { at: task.first_completed_at + msToNanos(policy.retentionMs), command: { type: 'prune' } };
    case 'RESOLVING':
      return { at: task.updated_at + msToNanos(policy.resolvingTimeoutMs), command: { type: 'demote' } };
  }
}

/** When a task that waits is given up. */
export function placementDeadline(
  createdAt: bigint,
  { placement_deadline }: Pick<TaskDefinition, 'placement_deadline'>,
  policy: TaskPolicy,
): { readonly at: bigint; readonly command: Command } {
  const limitMs = durationMs(placement_deadline) ?? policy.placementDeadlineMs;
  return { at: createdAt + msToNanos(limitMs), command: { type: 'expire' } };
}
