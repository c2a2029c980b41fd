import type { Task } from '../domain/task.ts';

export type { ErrorCode, FieldFault } from '../domain/errors.ts';
/** Every error of the SDK but `TaskFailedError`: its `code` says what happened, `faults` every bad field of a refused spec. */
export { DomainError as TaskError, isDomainError as isTaskError } from '../domain/errors.ts';

/** The task ran its course and did not succeed. Only `runAndWait` throws it; for `wait` a failure is an answer. */
export class TaskFailedError extends Error {
  readonly task: Task;

  constructor(task: Task) {
    super(`task ${task.task_guid} ${task.outcome === '' ? 'failed' : task.outcome}: ${task.failure_reason}`);
    this.name = 'TaskFailedError';
    this.task = task;
  }
}

/** A signal ended a `syncContext`; its task was cancelled. */
export class InterruptedError extends Error {
  readonly signal: string;

  constructor(signal: string) {
    super(`interrupted by ${signal}; the task was cancelled`);
    this.name = 'InterruptedError';
    this.signal = signal;
  }
}
