// Original file: proto/gavel/v1/hold.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface HoldTasksResponse {
  'ttl'?: (_google_protobuf_Duration | null);
}

export interface HoldTasksResponse__Output {
  'ttl': (_google_protobuf_Duration__Output | null);
}
