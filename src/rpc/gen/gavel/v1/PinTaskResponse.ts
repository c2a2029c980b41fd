// Original file: proto/gavel/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PinTaskResponse {
  'task_guid'?: (string);
  'number'?: (number | string | Long);
  'pinned'?: (boolean);
}

export interface PinTaskResponse__Output {
  'task_guid': (string);
  'number': (string);
  'pinned': (boolean);
}
