// Original file: proto/gavel/v1/task_service.proto

import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from '../../gavel/v1/TaskCreateRequest.ts';

export interface DesireTasksRequest {
  /**
   * At most 500.
   */
  'tasks'?: (_gavel_v1_TaskCreateRequest)[];
}

export interface DesireTasksRequest__Output {
  /**
   * At most 500.
   */
  'tasks': (_gavel_v1_TaskCreateRequest__Output)[];
}
