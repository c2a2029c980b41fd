// Original file: proto/gavel/v1/task_service.proto

import type { DesiredTask as _gavel_v1_DesiredTask, DesiredTask__Output as _gavel_v1_DesiredTask__Output } from '../../gavel/v1/DesiredTask.ts';

export interface DesireTasksResponse {
  /**
   * One for each request, in their order.
   */
  'results'?: (_gavel_v1_DesiredTask)[];
}

export interface DesireTasksResponse__Output {
  /**
   * One for each request, in their order.
   */
  'results': (_gavel_v1_DesiredTask__Output)[];
}
