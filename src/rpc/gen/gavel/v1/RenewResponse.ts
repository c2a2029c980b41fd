// Original file: proto/gavel/v1/cell_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface RenewResponse {
  'lease_ttl'?: (_google_protobuf_Duration | null);
  'draining'?: (boolean);
}

export interface RenewResponse__Output {
  'lease_ttl': (_google_protobuf_Duration__Output | null);
  'draining': (boolean);
}
