// Original file: proto/gavel/v1/cell_service.proto

import type { Long } from '@grpc/proto-loader';

export interface Resources {
  'memory_mb'?: (number | string | Long);
  'disk_mb'?: (number | string | Long);
  'containers'?: (number);
}

export interface Resources__Output {
  'memory_mb': (string);
  'disk_mb': (string);
  'containers': (number);
}
