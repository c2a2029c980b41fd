import { DomainError, errorText, isDomainError } from '../../../src/domain/errors.ts';

const CANCELLED = 1;
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const ABORTED = 10;
const OUT_OF_RANGE = 11;
const INTERNAL = 13;
const UNAVAILABLE = 14;

/** Codes after which another member may be worth a try, and after which nobody knows whether a write happened. */
const LOST = new Set([CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE]);

/**
 * The gRPC code of an error. etcd3 rewrites errors into classes without a code but keeps grpc-js's message, which begins with it
 * (`14 UNAVAILABLE: ...`).
 */
function grpcCode(error: unknown): number | undefined {
  const match = /^(?:\w+: )?(\d{1,2}) [A-Z_]+: /.exec(errorText(error));
  return match ? Number(match[1]) : undefined;
}

/** Whether the connection or the member is at fault, rather than what was asked. */
export function isConnectionFault(error: unknown): boolean {
  const code = grpcCode(error);
  return code !== undefined && LOST.has(code);
}

/** A page that is over the receive limit: only a smaller one can be had. */
export function isAnswerTooLarge(error: unknown): boolean {
  return grpcCode(error) === RESOURCE_EXHAUSTED && /larger than max/i.test(errorText(error));
}

export function isLeaseGone(error: unknown): boolean {
  return errorText(error).includes('requested lease not found');
}

/** What etcd said, in our words. The original goes into `cause`, for the log. */
export function storeError(error: unknown): DomainError {
  if (isDomainError(error)) return error;
  const text = errorText(error);
  const options = { cause: error };
  if (text.includes('database space exceeded')) return new DomainError('overloaded', 'the store is full', options);
  if (text.includes('too many requests'))
    return new DomainError('overloaded', 'the store has too many requests', options);
  if (/request is too large|too many operations|larger than max/i.test(text)) {
    return new DomainError('too_large', 'the request is over the limits of the store', options);
  }
  if (isLeaseGone(error)) return new DomainError('not_found', 'the lease is gone', options);
  const code = grpcCode(error);
  // A revision of the future means that the store lost data (restored from a backup): the answer is the same, list again.
  if (code === OUT_OF_RANGE) return new DomainError('compacted', 'the store no longer keeps this revision', options);
  if (code === DEADLINE_EXCEEDED) return new DomainError('unavailable', 'the store did not answer in time', options);
  if (code === undefined) return new DomainError('internal', 'the store client failed', options);
  if (LOST.has(code)) return new DomainError('unavailable', 'the store cannot be reached', options);
  return new DomainError('unavailable', `the store refused the call (${text})`, options);
}

export function closedError(): DomainError {
  return new DomainError('unavailable', 'the store is closed');
}
