// Original file: proto/gavel/v1/task_service.proto

import type { Long } from '@grpc/proto-loader';

export interface LogGap {
  'after_sequence'?: (number | string | Long);
  'lines'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'reason'?: (string);
}

export interface LogGap__Output {
  'after_sequence': (string);
  'lines': (string);
  'bytes': (string);
  'reason': (string);
}
