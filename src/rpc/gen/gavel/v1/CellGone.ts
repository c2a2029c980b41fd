// Original file: proto/gavel/v1/placement_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CellGone {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
}

export interface CellGone__Output {
  'cell_id': (string);
  'epoch': (string);
}
