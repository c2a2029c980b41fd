// Original file: proto/gavel/v1/cell_service.proto

import type { Long } from '@grpc/proto-loader';

export interface LeaveRequest {
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
}

export interface LeaveRequest__Output {
  'cell_id': (string);
  'epoch': (string);
}
