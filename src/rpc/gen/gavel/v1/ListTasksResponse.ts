// Original file: proto/gavel/v1/task_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListTasksResponse {
  /**
   * Newest first.
   */
  'tasks'?: (_gavel_v1_Task)[];
  /**
   * Empty on the last page.
   */
  'next_page_token'?: (string);
  /**
   * Cursor from which WatchTasks goes on without a gap.
   */
  'cursor'?: (string);
  /**
   * How many tasks match in all.
   */
  'total'?: (number | string | Long);
}

export interface ListTasksResponse__Output {
  /**
   * Newest first.
   */
  'tasks': (_gavel_v1_Task__Output)[];
  /**
   * Empty on the last page.
   */
  'next_page_token': (string);
  /**
   * Cursor from which WatchTasks goes on without a gap.
   */
  'cursor': (string);
  /**
   * How many tasks match in all.
   */
  'total': (string);
}
