import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { DomainError, ERRORS, type ErrorCode } from '../domain/errors.ts';
import { decodeDetails, encodeDetails } from './error-details.ts';
import { REQUEST_ID_KEY } from './types.ts';

/** Trailing metadata that carries what a gRPC status alone cannot: our code, and the faults as JSON for clients without protobuf details. */
const CODE_KEY = 'gavel-error-code';
const DETAILS_KEY = 'grpc-status-details-bin';
const DETAILS_MAX_BYTES = 6_000;
/** Of errors that pass, and do not say when. */
const RETRY_AFTER_MS = 1_000;
const NO_DETAILS = { faults: [], retryAfterMs: undefined, about: {} };

/**
 * The status a caller gets for anything a handler threw. Only a DomainError's message leaves the process; everything else
 * becomes INTERNAL with a fixed text (and is logged by the server with its stack).
 */
export function toStatus(
  error: unknown,
  requestId?: string,
): Partial<StatusObject> & { code: number; details: string } {
  const known = error instanceof DomainError ? error : new DomainError('internal', 'internal error');
  const metadata = new Metadata();
  metadata.set(CODE_KEY, known.code);
  if (requestId !== undefined) metadata.set(REQUEST_ID_KEY, requestId);
  const passes = known.code === 'overloaded' || known.code === 'unavailable';
  const retryAfterMs = known.retryAfterMs ?? (passes ? RETRY_AFTER_MS : undefined);
  const { about } = known;
  if (known.faults.length > 0 || retryAfterMs !== undefined || Object.keys(about).length > 0) {
    const code = status[ERRORS[known.code].grpc];
    const text = known.message.slice(0, 500);
    // Headers have a size limit (8 KiB at most peers), so a request with hundreds of faults tells the first ones here and all in the message.
    let faults = [...known.faults];
    let details = encodeDetails(code, text, known.code, { faults, retryAfterMs, about });
    while (details.length > DETAILS_MAX_BYTES && faults.length > 1) {
      faults = faults.slice(0, Math.ceil(faults.length / 2));
      details = encodeDetails(code, text, known.code, { faults, retryAfterMs, about });
    }
    metadata.set(DETAILS_KEY, details);
  }
  return { code: status[ERRORS[known.code].grpc], details: clip(known.message), metadata };
}

/** The message travels in a header too: a limit keeps the whole answer deliverable. */
function clip(message: string): string {
  return message.length <= 4_000 ? message : `${message.slice(0, 3_980)} ... (cut)`;
}

/** The DomainError a status stands for, on the caller's side. */
export function fromStatus(error: {
  code?: number;
  details?: string;
  metadata?: Metadata;
  message?: string;
}): DomainError {
  const named = error.metadata?.get(CODE_KEY)[0];
  const code = isErrorCode(named) ? named : codeOfStatus(error.code);
  const raw = error.metadata?.get(DETAILS_KEY)[0];
  const { faults, retryAfterMs, about } = Buffer.isBuffer(raw) ? decodeDetails(raw) : NO_DETAILS;
  const text = error.details !== undefined && error.details !== '' ? error.details : (error.message ?? 'unknown error');
  const traceId = error.metadata?.get(REQUEST_ID_KEY)[0];
  return new DomainError(code, text, {
    faults,
    about,
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(typeof traceId === 'string' ? { traceId } : {}),
  });
}

/** The same as fields of a message, for a call that is one. */
export function toAnswer(error: unknown): { error: string; message: string; details: Buffer } {
  const { details: message, metadata } = toStatus(error);
  const details = metadata?.get(DETAILS_KEY)[0];
  const code = metadata?.get(CODE_KEY)[0];
  return { error: String(code), message, details: Buffer.isBuffer(details) ? details : Buffer.alloc(0) };
}

export function fromAnswer(answer: { error: string; message: string; details: Buffer }): DomainError {
  const { faults, retryAfterMs, about } = answer.details.length > 0 ? decodeDetails(answer.details) : NO_DETAILS;
  const code = isErrorCode(answer.error) ? answer.error : 'internal';
  return new DomainError(code, answer.message, {
    faults,
    about,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

function codeOfStatus(code: number | undefined): ErrorCode {
  switch (code) {
    case status.INVALID_ARGUMENT:
      return 'invalid_argument';
    case status.UNAUTHENTICATED:
      return 'unauthenticated';
    case status.PERMISSION_DENIED:
      return 'permission_denied';
    case status.NOT_FOUND:
      return 'not_found';
    case status.ALREADY_EXISTS:
      return 'already_exists';
    case status.FAILED_PRECONDITION:
      return 'invalid_transition';
    case status.ABORTED:
      return 'conflict';
    case status.RESOURCE_EXHAUSTED:
      return 'overloaded';
    case status.OUT_OF_RANGE:
      return 'compacted';
    case status.CANCELLED:
      return 'cancelled';
    case status.DEADLINE_EXCEEDED:
      return 'deadline';
    case status.UNAVAILABLE:
      return 'unavailable';
    case status.UNIMPLEMENTED:
      return 'unimplemented';
    default:
      return 'internal';
  }
}
