// Original file: proto/gavel/v1/cell_service.proto

import type { CompleteItem as _gavel_v1_CompleteItem, CompleteItem__Output as _gavel_v1_CompleteItem__Output } from '../../gavel/v1/CompleteItem.ts';
import type { Long } from '@grpc/proto-loader';

export interface CompleteTasksRequest {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
  'items'?: (_gavel_v1_CompleteItem)[];
}

export interface CompleteTasksRequest__Output {
  'cell_id': (string);
  'epoch': (string);
  'items': (_gavel_v1_CompleteItem__Output)[];
}
