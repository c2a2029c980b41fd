// Original file: proto/gavel/v1/callback_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface RotateCallbackSecretRequest {
  /**
   * How long those before go on signing; 24 hours when it is left out.
   */
  'overlap'?: (_google_protobuf_Duration | null);
}

export interface RotateCallbackSecretRequest__Output {
  /**
   * How long those before go on signing; 24 hours when it is left out.
   */
  'overlap': (_google_protobuf_Duration__Output | null);
}
