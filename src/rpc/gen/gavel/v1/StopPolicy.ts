// Original file: proto/gavel/v1/task.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface StopPolicy {
  /**
   * Signal sent first, by name (SIGTERM when empty).
   */
  'signal'?: (string);
  /**
   * Time between the first signal and SIGKILL; unset = 10 s.
   */
  'grace'?: (_google_protobuf_Duration | null);
}

export interface StopPolicy__Output {
  /**
   * Signal sent first, by name (SIGTERM when empty).
   */
  'signal': (string);
  /**
   * Time between the first signal and SIGKILL; unset = 10 s.
   */
  'grace': (_google_protobuf_Duration__Output | null);
}
