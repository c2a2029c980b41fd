import type { MessageTypeDefinition } from '@grpc/proto-loader';
import type { FieldFault } from '../domain/errors.ts';
import { packageDefinition } from './descriptors.ts';
import type { BadRequest, BadRequest__Output } from './gen/google/rpc/BadRequest.ts';
import type { Status, Status__Output } from './gen/google/rpc/Status.ts';

const BAD_REQUEST_URL = 'type.googleapis.com/google.rpc.BadRequest';
const statusType = messageType<Status, Status__Output>('google.rpc.Status');
const badRequestType = messageType<BadRequest, BadRequest__Output>('google.rpc.BadRequest');

function messageType<I extends object, O extends object>(name: string): MessageTypeDefinition<I, O> {
  const definition = packageDefinition[name];
  if (definition === undefined || !('serialize' in definition)) throw new Error(`proto has no message ${name}`);
  return definition as unknown as MessageTypeDefinition<I, O>;
}

/** The bytes of a `google.rpc.Status` with one `BadRequest` detail, as stock clients read it from `grpc-status-details-bin`. */
export function encodeBadRequest(code: number, message: string, faults: readonly FieldFault[]): Buffer {
  const violations = faults.map((fault) => ({ field: fault.field, description: fault.message }));
  const value = badRequestType.serialize({ field_violations: violations });
  return statusType.serialize({ code, message, details: [{ type_url: BAD_REQUEST_URL, value }] });
}

/** The faults in such bytes; none when they are something else (the status itself still says what went wrong). */
export function decodeBadRequest(bytes: Buffer): readonly FieldFault[] {
  try {
    const faults: FieldFault[] = [];
    for (const detail of statusType.deserialize(bytes).details) {
      if (detail.type_url !== BAD_REQUEST_URL) continue;
      for (const violation of badRequestType.deserialize(detail.value).field_violations) {
        faults.push({ field: violation.field, message: violation.description });
      }
    }
    return faults;
  } catch {
    return [];
  }
}
