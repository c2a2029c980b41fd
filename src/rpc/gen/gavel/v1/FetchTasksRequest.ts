// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { Long } from '@grpc/proto-loader';

export interface FetchTasksRequest {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
  'claims'?: (_gavel_v1_TaskClaim)[];
}

export interface FetchTasksRequest__Output {
  'cell_id': (string);
  'epoch': (string);
  'claims': (_gavel_v1_TaskClaim__Output)[];
}
