// Original file: proto/gavel/v1/cell_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { DrainState as _gavel_v1_DrainState, DrainState__Output as _gavel_v1_DrainState__Output } from '../../gavel/v1/DrainState.ts';

export interface RenewResponse {
  'lease_ttl'?: (_google_protobuf_Duration | null);
  'drain'?: (_gavel_v1_DrainState | null);
  /**
   * As in RegisterResponse.
   */
  'lost_after'?: (_google_protobuf_Duration | null);
}

export interface RenewResponse__Output {
  'lease_ttl': (_google_protobuf_Duration__Output | null);
  'drain': (_gavel_v1_DrainState__Output | null);
  /**
   * As in RegisterResponse.
   */
  'lost_after': (_google_protobuf_Duration__Output | null);
}
