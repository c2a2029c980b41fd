// Original file: proto/gavel/v1/placement_service.proto

import type { RejectItem as _gavel_v1_RejectItem, RejectItem__Output as _gavel_v1_RejectItem__Output } from '../../gavel/v1/RejectItem.ts';

export interface RejectTasksRequest {
  'items'?: (_gavel_v1_RejectItem)[];
}

export interface RejectTasksRequest__Output {
  'items': (_gavel_v1_RejectItem__Output)[];
}
