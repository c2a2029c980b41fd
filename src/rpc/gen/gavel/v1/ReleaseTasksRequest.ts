// Original file: proto/gavel/v1/cell_service.proto

import type { ReleaseItem as _gavel_v1_ReleaseItem, ReleaseItem__Output as _gavel_v1_ReleaseItem__Output } from '../../gavel/v1/ReleaseItem.ts';
import type { Long } from '@grpc/proto-loader';

export interface ReleaseTasksRequest {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
  'items'?: (_gavel_v1_ReleaseItem)[];
}

export interface ReleaseTasksRequest__Output {
  'cell_id': (string);
  'epoch': (string);
  'items': (_gavel_v1_ReleaseItem__Output)[];
}
