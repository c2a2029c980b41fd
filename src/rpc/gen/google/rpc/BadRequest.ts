// Original file: proto/google/rpc/status.proto

import type { FieldViolation as _google_rpc_FieldViolation, FieldViolation__Output as _google_rpc_FieldViolation__Output } from '../../google/rpc/FieldViolation.ts';

export interface BadRequest {
  'field_violations'?: (_google_rpc_FieldViolation)[];
}

export interface BadRequest__Output {
  'field_violations': (_google_rpc_FieldViolation__Output)[];
}
