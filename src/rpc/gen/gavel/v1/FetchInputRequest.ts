// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';

/**
 * Which task, which life of it, which placement.
 */
export interface FetchInputRequest {
  'cell_id'?: (string);
  'claim'?: (_gavel_v1_TaskClaim | null);
}

/**
 * Which task, which life of it, which placement.
 */
export interface FetchInputRequest__Output {
  'cell_id': (string);
  'claim': (_gavel_v1_TaskClaim__Output | null);
}
