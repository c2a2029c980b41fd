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
  /**
   * What a cancel does to a running task. Empty = ends it at once. checkpoint = the step of a serial action that runs comes to its
   * end and no other begins; until then the task is RUNNING. A kill ends it at once in any case.
   */
  'at'?: (string);
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
  /**
   * What a cancel does to a running task. Empty = ends it at once. checkpoint = the step of a serial action that runs comes to its
   * end and no other begins; until then the task is RUNNING. A kill ends it at once in any case.
   */
  'at': (string);
}
