// Original file: proto/gavel/v1/cluster_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface SetDomainRequest {
  'domain'?: (string);
  /**
   * How long history keeps the domain's records, a minute or more; 0 = as long as those of all others.
   */
  'retention'?: (_google_protobuf_Duration | null);
  /**
   * Tasks that may be PENDING at once; more are refused with RESOURCE_EXHAUSTED. 0 = any number.
   */
  'max_pending'?: (number);
  '_max_pending'?: "max_pending";
}

export interface SetDomainRequest__Output {
  'domain': (string);
  /**
   * How long history keeps the domain's records, a minute or more; 0 = as long as those of all others.
   */
  'retention': (_google_protobuf_Duration__Output | null);
  /**
   * Tasks that may be PENDING at once; more are refused with RESOURCE_EXHAUSTED. 0 = any number.
   */
  'max_pending'?: (number);
  '_max_pending'?: "max_pending";
}
