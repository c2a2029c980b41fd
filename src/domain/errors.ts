/**
 * Every error that may leave a process, with the one table that says what it means on gRPC, HTTP, the command line, and
 * whether the caller may simply try again. A `DomainError`'s message is written for the user; its `cause` is for the log only.
 */
export const ERRORS = {
  invalid_argument: { grpc: 'INVALID_ARGUMENT', http: 400, exit: 2, retry: false },
  unauthenticated: { grpc: 'UNAUTHENTICATED', http: 401, exit: 6, retry: false },
  permission_denied: { grpc: 'PERMISSION_DENIED', http: 403, exit: 6, retry: false },
  not_found: { grpc: 'NOT_FOUND', http: 404, exit: 3, retry: false },
  already_exists: { grpc: 'ALREADY_EXISTS', http: 409, exit: 4, retry: false },
  invalid_transition: { grpc: 'FAILED_PRECONDITION', http: 409, exit: 4, retry: false },
  stale_attempt: { grpc: 'FAILED_PRECONDITION', http: 409, exit: 4, retry: false },
  conflict: { grpc: 'ABORTED', http: 409, exit: 5, retry: true },
  overloaded: { grpc: 'RESOURCE_EXHAUSTED', http: 429, exit: 5, retry: true },
  too_large: { grpc: 'RESOURCE_EXHAUSTED', http: 413, exit: 2, retry: false },
  compacted: { grpc: 'OUT_OF_RANGE', http: 410, exit: 5, retry: false },
  cancelled: { grpc: 'CANCELLED', http: 499, exit: 130, retry: false },
  deadline: { grpc: 'DEADLINE_EXCEEDED', http: 504, exit: 5, retry: true },
  unavailable: { grpc: 'UNAVAILABLE', http: 503, exit: 5, retry: true },
  unimplemented: { grpc: 'UNIMPLEMENTED', http: 501, exit: 5, retry: false },
  internal: { grpc: 'INTERNAL', http: 500, exit: 5, retry: false },
  // Never on the wire: a task that failed is an answer there. The SDK throws it where a failure was asked to be an error.
  task_failed: { grpc: 'UNKNOWN', http: 500, exit: 1, retry: false },
} as const satisfies Record<string, { grpc: string; http: number; exit: number; retry: boolean }>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault of a request: where it is and what would be right. */
export interface FieldFault {
  /** Path of the field as the JSON form spells it, for example `action.run.path` or `env[2].name`. */
  readonly field: string;
  readonly message: string;
}

interface ErrorOptions {
  readonly faults?: readonly FieldFault[];
  readonly retryAfterMs?: number;
  readonly about?: Readonly<Record<string, string>>;
  readonly traceId?: string;
  readonly cause?: unknown;
}

export class DomainError extends Error {
  readonly code: ErrorCode;
  /** Every fault of the request, for `invalid_argument` and for `already_exists` with another definition. */
  readonly faults: readonly FieldFault[];
  /** When the caller may come again, in milliseconds, where that is known. */
  readonly retryAfterMs: number | undefined;
  /** For programs: `state`, which a task is in that cannot do what was asked; `existing`, the task that is there already; `request_key`. */
  readonly about: Readonly<Record<string, string>>;
  /** Under which the servers' logs tell of it; empty when no server answered. */
  readonly traceId: string;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomainError';
    this.code = code;
    this.faults = options.faults ?? [];
    this.retryAfterMs = options.retryAfterMs;
    this.about = options.about ?? {};
    this.traceId = options.traceId ?? '';
  }

  get retryable(): boolean {
    return ERRORS[this.code].retry;
  }
}

export function isDomainError(error: unknown, code?: ErrorCode): error is DomainError {
  return error instanceof DomainError && (code === undefined || error.code === code);
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
