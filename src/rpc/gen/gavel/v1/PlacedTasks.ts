// Original file: proto/gavel/v1/cell_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';

/**
 * Each as FetchTasks would answer it, so it need not be fetched. StartTasks alone says whether it may run.
 */
export interface PlacedTasks {
  'tasks'?: (_gavel_v1_Task)[];
}

/**
 * Each as FetchTasks would answer it, so it need not be fetched. StartTasks alone says whether it may run.
 */
export interface PlacedTasks__Output {
  'tasks': (_gavel_v1_Task__Output)[];
}
