import { nanosToMs } from '../domain/duration.ts';
import type { Outcome, Task, TaskState } from '../domain/task.ts';
import { stateLabel } from '../platform/format.ts';
import { tableText } from '../platform/table.ts';
import { taskFromWire } from '../rpc/codec.ts';
import type { Task__Output } from '../rpc/gen/gavel/v1/Task.ts';
import { taskColumns } from './task-columns.ts';

/** What a record offers beside its fields. Not fields of its own, so that it stays equal to what was sent. */
abstract class Readable {
  declare readonly created_at: bigint;
  declare readonly claimed_at: bigint;
  declare readonly started_at: bigint;
  declare readonly first_completed_at: bigint;

  get createdAt(): Date {
    return new Date(nanosToMs(this.created_at));
  }

  /** Undefined before it was placed. */
  get claimedAt(): Date | undefined {
    return dateOf(this.claimed_at);
  }

  /** Undefined before its process started. */
  get startedAt(): Date | undefined {
    return dateOf(this.started_at);
  }

  /** Undefined before it ended. */
  get completedAt(): Date | undefined {
    return dateOf(this.first_completed_at);
  }

  /** The row of `gavel tasks`, under its titles. */
  toString(this: TaskView): string {
    return taskTable([this]);
  }
}

/** The whole record: times as exact nanoseconds (`created_at`) and as dates (`createdAt`). */
export type TaskView = Task & Readable;

/** A record of a task that is over. */
export type FinishedTask = TaskView & { readonly state: 'COMPLETED' | 'RESOLVING'; readonly outcome: Outcome };

/** Where a task stands: a union on `state`, so that `outcome` is there exactly when there is one. `label` is the word for people. */
export type TaskStatus =
  | { readonly state: 'PENDING'; readonly label: string; readonly waitingFor: string }
  | { readonly state: 'CLAIMED'; readonly label: string; readonly cell: string }
  /** `waitingFor`: of a cancelled task, the step that is let come to its end. */
  | { readonly state: 'RUNNING'; readonly label: string; readonly cell: string; readonly waitingFor?: string }
  | {
      readonly state: 'COMPLETED' | 'RESOLVING';
      readonly label: string;
      readonly outcome: Outcome;
      readonly reason: string;
    };

export const ACTIVE_STATES: readonly TaskState[] = ['PENDING', 'CLAIMED', 'RUNNING'];

export function taskView(wire: Task__Output): TaskView {
  return Object.assign(Object.create(Readable.prototype) as Readable, taskFromWire(wire));
}

export function taskTable(tasks: readonly Task[]): string {
  return tableText(tasks, taskColumns(), { width: undefined, color: false, format: 'table' });
}

export function statusOf(task: Task): TaskStatus {
  const { state } = task;
  const label = stateLabel(task);
  if (state === 'PENDING') return { state, label, waitingFor: task.waiting_for };
  if (state === 'CLAIMED') return { state, label, cell: task.cell_id };
  if (state === 'RUNNING')
    return { state, label, cell: task.cell_id, ...(task.waiting_for === '' ? {} : { waitingFor: task.waiting_for }) };
  // Empty only if a server left out what the contract demands; that is a failure of ours, not the task's.
  return { state, label, outcome: task.outcome === '' ? 'infra_failed' : task.outcome, reason: task.failure_reason };
}

function dateOf(nanos: bigint): Date | undefined {
  return nanos === 0n ? undefined : new Date(nanosToMs(nanos));
}
