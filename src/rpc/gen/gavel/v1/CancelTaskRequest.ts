// Original file: proto/gavel/v1/task_service.proto

import type { TaskState as _gavel_v1_TaskState, TaskState__Output as _gavel_v1_TaskState__Output } from '../../gavel/v1/TaskState.ts';

export interface CancelTaskRequest {
  'task_guid'?: (string);
  'reason'?: (string);
  /**
   * Refuse (FAILED_PRECONDITION) unless the task is in one of these states.
   */
  'if_state'?: (_gavel_v1_TaskState)[];
}

export interface CancelTaskRequest__Output {
  'task_guid': (string);
  'reason': (string);
  /**
   * Refuse (FAILED_PRECONDITION) unless the task is in one of these states.
   */
  'if_state': (_gavel_v1_TaskState__Output)[];
}
