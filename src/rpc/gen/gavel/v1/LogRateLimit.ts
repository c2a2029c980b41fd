// Original file: proto/gavel/v1/task.proto

import type { Long } from '@grpc/proto-loader';

export interface LogRateLimit {
  /**
   * -1 = no limit, 0 = log nothing.
   */
  'bytes_per_second'?: (number | string | Long);
}

export interface LogRateLimit__Output {
  /**
   * -1 = no limit, 0 = log nothing.
   */
  'bytes_per_second': (string);
}
