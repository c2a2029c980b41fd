// Original file: proto/gavel/v1/cell_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

export interface RegisterResponse {
  'epoch'?: (number | string | Long);
  'lease_ttl'?: (_google_protobuf_Duration | null);
}

export interface RegisterResponse__Output {
  'epoch': (string);
  'lease_ttl': (_google_protobuf_Duration__Output | null);
}
