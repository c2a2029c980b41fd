import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type { FieldFault } from '../domain/errors.ts';
import { packageDefinition } from './descriptors.ts';
import type { BadRequest, BadRequest__Output } from './gen/google/rpc/BadRequest.ts';
import type { ErrorInfo, ErrorInfo__Output } from './gen/google/rpc/ErrorInfo.ts';
import type { RetryInfo, RetryInfo__Output } from './gen/google/rpc/RetryInfo.ts';
import type { Status, Status__Output } from './gen/google/rpc/Status.ts';

const BAD_REQUEST_URL = 'type.googleapis.com/google.rpc.BadRequest';
const ERROR_INFO_URL = 'type.googleapis.com/google.rpc.ErrorInfo';
const RETRY_INFO_URL = 'type.googleapis.com/google.rpc.RetryInfo';
const statusType = messageType<Status, Status__Output>('google.rpc.Status');
const badRequestType = messageType<BadRequest, BadRequest__Output>('google.rpc.BadRequest');
const errorInfoType = messageType<ErrorInfo, ErrorInfo__Output>('google.rpc.ErrorInfo');
const retryInfoType = messageType<RetryInfo, RetryInfo__Output>('google.rpc.RetryInfo');

function messageType<I extends object, O extends object>(name: string): MessageTypeDefinition<I, O> {
  const definition = packageDefinition[name];
  if (definition === undefined || !('serialize' in definition)) throw new Error(`proto has no message ${name}`);
  return definition as unknown as MessageTypeDefinition<I, O>;
}

/** What a status alone cannot carry. */
export interface ErrorDetails {
  readonly faults: readonly FieldFault[];
  /** When the caller may come again, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly about: Readonly<Record<string, string>>;
}

/** The bytes of a `google.rpc.Status` with a `BadRequest`, a `RetryInfo` or an `ErrorInfo`, as stock clients read it from `grpc-status-details-bin`. */
export function encodeDetails(
  code: number,
  message: string,
  reason: string,
  { faults, retryAfterMs, about }: ErrorDetails,
): Buffer {
  const details = [];
  if (faults.length > 0) {
    const violations = faults.map((fault) => ({ field: fault.field, description: fault.message }));
    details.push({ type_url: BAD_REQUEST_URL, value: badRequestType.serialize({ field_violations: violations }) });
  }
  if (retryAfterMs !== undefined) {
    const retry_delay = { seconds: Math.floor(retryAfterMs / 1_000), nanos: (retryAfterMs % 1_000) * 1_000_000 };
    details.push({ type_url: RETRY_INFO_URL, value: retryInfoType.serialize({ retry_delay }) });
  }
  if (Object.keys(about).length > 0)
    details.push({
      type_url: ERROR_INFO_URL,
      value: errorInfoType.serialize({ reason, domain: 'gavel', metadata: about }),
    });
  return statusType.serialize({ code, message, details });
}

/** The details in such bytes; none when they are something else (the status itself still says what went wrong). */
export function decodeDetails(bytes: Buffer): ErrorDetails {
  try {
    const faults: FieldFault[] = [];
    let retryAfterMs: number | undefined;
    let about: Readonly<Record<string, string>> = {};
    for (const { type_url, value } of statusType.deserialize(bytes).details) {
      if (type_url === BAD_REQUEST_URL) {
        for (const { field, description } of badRequestType.deserialize(value).field_violations)
          faults.push({ field, message: description });
      } else if (type_url === RETRY_INFO_URL) {
        const { seconds = '0', nanos = 0 } = retryInfoType.deserialize(value).retry_delay ?? {};
        retryAfterMs = Number(seconds) * 1_000 + nanos / 1_000_000;
      } else if (type_url === ERROR_INFO_URL) {
        about = errorInfoType.deserialize(value).metadata;
      }
    }
    return { faults, retryAfterMs, about };
  } catch {
    return { faults: [], retryAfterMs: undefined, about: {} };
  }
}
