// Original file: proto/google/rpc/status.proto

import type { Detail as _google_rpc_Detail, Detail__Output as _google_rpc_Detail__Output } from '../../google/rpc/Detail.ts';

/**
 * The part of gRPC's richer error model that Gavel speaks, wire-compatible with the public one: a status whose details carry
 * a BadRequest, so that stock clients show every fault of a request, a RetryInfo, so that they know when to come again, or
 * an ErrorInfo.
 */
export interface Status {
  'code'?: (number);
  'message'?: (string);
  'details'?: (_google_rpc_Detail)[];
}

/**
 * The part of gRPC's richer error model that Gavel speaks, wire-compatible with the public one: a status whose details carry
 * a BadRequest, so that stock clients show every fault of a request, a RetryInfo, so that they know when to come again, or
 * an ErrorInfo.
 */
export interface Status__Output {
  'code': (number);
  'message': (string);
  'details': (_google_rpc_Detail__Output)[];
}
