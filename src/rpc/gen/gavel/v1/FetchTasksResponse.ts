// Original file: proto/gavel/v1/cell_service.proto

import type { FetchedTask as _gavel_v1_FetchedTask, FetchedTask__Output as _gavel_v1_FetchedTask__Output } from '../../gavel/v1/FetchedTask.ts';

export interface FetchTasksResponse {
  /**
   * Same order; task is unset where the claim is not (or no longer) this cell's.
   */
  'tasks'?: (_gavel_v1_FetchedTask)[];
}

export interface FetchTasksResponse__Output {
  /**
   * Same order; task is unset where the claim is not (or no longer) this cell's.
   */
  'tasks': (_gavel_v1_FetchedTask__Output)[];
}
