// Original file: proto/gavel/v1/cell_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { DrainState as _gavel_v1_DrainState, DrainState__Output as _gavel_v1_DrainState__Output } from '../../gavel/v1/DrainState.ts';
import type { Long } from '@grpc/proto-loader';

export interface RegisterResponse {
  'epoch'?: (number | string | Long);
  'lease_ttl'?: (_google_protobuf_Duration | null);
  'drain'?: (_gavel_v1_DrainState | null);
  /**
   * Counted from when the cell sent this call, or the last renewal that was answered: what ran under the epoch may be called lost so long after,
   * and not before. By then the cell has ended it. Unset = three times the lease.
   */
  'lost_after'?: (_google_protobuf_Duration | null);
}

export interface RegisterResponse__Output {
  'epoch': (string);
  'lease_ttl': (_google_protobuf_Duration__Output | null);
  'drain': (_gavel_v1_DrainState__Output | null);
  /**
   * Counted from when the cell sent this call, or the last renewal that was answered: what ran under the epoch may be called lost so long after,
   * and not before. By then the cell has ended it. Unset = three times the lease.
   */
  'lost_after': (_google_protobuf_Duration__Output | null);
}
