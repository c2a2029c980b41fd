// Original file: proto/gavel/v1/auction_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { Long } from '@grpc/proto-loader';

export interface Work {
  'sequence'?: (number | string | Long);
  'claims'?: (_gavel_v1_TaskClaim)[];
}

export interface Work__Output {
  'sequence': (string);
  'claims': (_gavel_v1_TaskClaim__Output)[];
}
