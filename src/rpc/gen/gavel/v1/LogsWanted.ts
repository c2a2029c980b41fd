// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { FollowLogsRequest as _gavel_v1_FollowLogsRequest, FollowLogsRequest__Output as _gavel_v1_FollowLogsRequest__Output } from '../../gavel/v1/FollowLogsRequest.ts';

export interface LogsWanted {
  'request_id'?: (string);
  'claim'?: (_gavel_v1_TaskClaim | null);
  'request'?: (_gavel_v1_FollowLogsRequest | null);
}

export interface LogsWanted__Output {
  'request_id': (string);
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'request': (_gavel_v1_FollowLogsRequest__Output | null);
}
