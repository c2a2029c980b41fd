// Original file: proto/gavel/v1/placement_service.proto

import type { ClaimItem as _gavel_v1_ClaimItem, ClaimItem__Output as _gavel_v1_ClaimItem__Output } from '../../gavel/v1/ClaimItem.ts';

export interface ClaimTasksRequest {
  'items'?: (_gavel_v1_ClaimItem)[];
}

export interface ClaimTasksRequest__Output {
  'items': (_gavel_v1_ClaimItem__Output)[];
}
