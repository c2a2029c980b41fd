// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface StopAttempt {
  'claim'?: (_gavel_v1_TaskClaim | null);
  'reason'?: (string);
  /**
   * Unset = the task's own stop policy.
   */
  'grace'?: (_google_protobuf_Duration | null);
  /**
   * The attempt is not over: the step that runs comes to its end, no other begins, and the cell reports the task as cancelled.
   */
  'at_checkpoint'?: (boolean);
}

export interface StopAttempt__Output {
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'reason': (string);
  /**
   * Unset = the task's own stop policy.
   */
  'grace': (_google_protobuf_Duration__Output | null);
  /**
   * The attempt is not over: the step that runs comes to its end, no other begins, and the cell reports the task as cancelled.
   */
  'at_checkpoint': (boolean);
}
