// Original file: proto/gavel/v1/explain.proto

import type { Long } from '@grpc/proto-loader';

export interface PlacementAmounts {
  'memory_mb'?: (number | string | Long);
  'disk_mb'?: (number | string | Long);
  'containers'?: (number);
}

export interface PlacementAmounts__Output {
  'memory_mb': (string);
  'disk_mb': (string);
  'containers': (number);
}
