// Original file: proto/gavel/v1/cell_service.proto

import type { StartItem as _gavel_v1_StartItem, StartItem__Output as _gavel_v1_StartItem__Output } from '../../gavel/v1/StartItem.ts';
import type { Long } from '@grpc/proto-loader';

export interface StartTasksRequest {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
  'items'?: (_gavel_v1_StartItem)[];
}

export interface StartTasksRequest__Output {
  'cell_id': (string);
  'epoch': (string);
  'items': (_gavel_v1_StartItem__Output)[];
}
