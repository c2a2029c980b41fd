// Original file: proto/gavel/v1/placement_service.proto

import type { Long } from '@grpc/proto-loader';

export interface ClaimItem {
  'task_guid'?: (string);
  'uid'?: (string);
  'cell_id'?: (string);
  'epoch'?: (number | string | Long);
}

export interface ClaimItem__Output {
  'task_guid': (string);
  'uid': (string);
  'cell_id': (string);
  'epoch': (string);
}
