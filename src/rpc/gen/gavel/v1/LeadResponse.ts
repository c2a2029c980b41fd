// Original file: proto/gavel/v1/placement_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface LeadResponse {
  /**
   * Who leads; empty = nobody does.
   */
  'leader'?: (string);
  /**
   * From the sending of the question on the lead counts for so long.
   */
  'lease_ttl'?: (_google_protobuf_Duration | null);
}

export interface LeadResponse__Output {
  /**
   * Who leads; empty = nobody does.
   */
  'leader': (string);
  /**
   * From the sending of the question on the lead counts for so long.
   */
  'lease_ttl': (_google_protobuf_Duration__Output | null);
}
