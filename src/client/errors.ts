import { DomainError, ERRORS, type ErrorCode, type FieldFault, isDomainError } from '../domain/errors.ts';
import { TASK_STATES, type Task, type TaskState } from '../domain/task.ts';

export type { ErrorCode, FieldFault } from '../domain/errors.ts';

type Details = ConstructorParameters<typeof DomainError>[2];

/** Every error of the SDK: its `code` says what happened, `retryable` whether the same call may simply be made again. */
export class TaskError extends DomainError {
  constructor(code: ErrorCode, message: string, details: Details = {}) {
    super(code, message, details);
    this.name = new.target.name;
  }

  /** What HTTP would answer. */
  get status(): number {
    return ERRORS[this.code].http;
  }
}

/** There is no such task, cell or file, or there is none any more. */
export class NotFoundError extends TaskError {}

/** The guid is taken by a task with another definition; `faults` names the differing fields. */
export class AlreadyExistsError extends TaskError {
  /** The guid of the task that is there, for `client.task()`. */
  get existing(): string {
    return this.about['existing'] ?? '';
  }
}

/** The request key was used for another request. */
export class KeyMismatchError extends AlreadyExistsError {
  /** The fields in which the two differ; empty where the first request is no longer kept. */
  get diff(): readonly string[] {
    return this.faults.map(({ field }) => field);
  }
}

/** What was asked cannot be done to a task in this state. */
export class InvalidStateError extends TaskError {
  /** Undefined where it is not the task's state that is in the way. */
  get state(): TaskState | undefined {
    return TASK_STATES.find((state) => state === this.about['state']);
  }
}

/** The request is wrong; `issues` holds every fault of it at once. */
export class ValidationError extends TaskError {
  get issues(): readonly FieldFault[] {
    return this.faults;
  }
}

/** No server answered, or not one that can work just now. */
export class UnavailableError extends TaskError {}

/** A time-out, of a call or of a `wait`; what was waited for goes on. */
export class TimeoutError extends TaskError {}

/** The task ran its course and did not succeed. Only `runAndWait` throws it; for `wait` a failure is an answer. */
export class TaskFailedError extends TaskError {
  readonly task: Task;

  constructor(task: Task) {
    const outcome = task.outcome === '' ? 'failed' : task.outcome;
    super('task_failed', `task ${task.task_guid} ${outcome}: ${task.failure_reason}`);
    this.task = task;
  }
}

/** A signal ended a `syncContext`; its task was cancelled. */
export class InterruptedError extends TaskError {
  readonly signal: string;

  constructor(signal: string) {
    super('cancelled', `interrupted by ${signal}; the task was cancelled`);
    this.signal = signal;
  }
}

const CLASSES: { readonly [C in ErrorCode]?: typeof TaskError } = {
  not_found: NotFoundError,
  already_exists: AlreadyExistsError,
  invalid_transition: InvalidStateError,
  invalid_argument: ValidationError,
  unavailable: UnavailableError,
  overloaded: UnavailableError,
  deadline: TimeoutError,
};

/** An error of the class that its code has. */
export function taskError(code: ErrorCode, message: string, details: Details = {}): TaskError {
  const made =
    code === 'already_exists' && details.about?.['request_key'] !== undefined ? KeyMismatchError : CLASSES[code];
  return new (made ?? TaskError)(code, message, details);
}

/** What the parts below the SDK throw, as the SDK's own. */
export function asTaskError(error: DomainError): TaskError {
  if (error instanceof TaskError) return error;
  const { code, message, faults, about, traceId, retryAfterMs } = error;
  const known = retryAfterMs === undefined ? {} : { retryAfterMs };
  return taskError(code, message, { faults, about, traceId, ...known, cause: error.cause ?? error });
}

/** Does something that needs no server, and throws as the SDK does. */
export function checking<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isDomainError(error) ? asTaskError(error) : error;
  }
}

export function isTaskError(error: unknown, code?: ErrorCode): error is TaskError {
  return error instanceof TaskError && (code === undefined || error.code === code);
}
