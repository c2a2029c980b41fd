// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { TaskState as _gavel_v1_TaskState, TaskState__Output as _gavel_v1_TaskState__Output } from '../../gavel/v1/TaskState.ts';
import type { Long } from '@grpc/proto-loader';

export interface CellTask {
  'claim'?: (_gavel_v1_TaskClaim | null);
  'state'?: (_gavel_v1_TaskState);
  'epoch'?: (number | string | Long);
}

export interface CellTask__Output {
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'state': (_gavel_v1_TaskState__Output);
  'epoch': (string);
}
