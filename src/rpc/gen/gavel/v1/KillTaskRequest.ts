// Original file: proto/gavel/v1/task_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { TaskState as _gavel_v1_TaskState, TaskState__Output as _gavel_v1_TaskState__Output } from '../../gavel/v1/TaskState.ts';

export interface KillTaskRequest {
  'task_guid'?: (string);
  'reason'?: (string);
  /**
   * Time between the stop signal and SIGKILL; unset = at once.
   */
  'grace'?: (_google_protobuf_Duration | null);
  'if_state'?: (_gavel_v1_TaskState)[];
}

export interface KillTaskRequest__Output {
  'task_guid': (string);
  'reason': (string);
  /**
   * Time between the stop signal and SIGKILL; unset = at once.
   */
  'grace': (_google_protobuf_Duration__Output | null);
  'if_state': (_gavel_v1_TaskState__Output)[];
}
