// Original file: proto/gavel/v1/action.proto

import type { Long } from '@grpc/proto-loader';

export interface ResourceLimits {
  /**
   * Most open files of the process; 0 = the cell's default.
   */
  'nofile'?: (number | string | Long);
}

export interface ResourceLimits__Output {
  /**
   * Most open files of the process; 0 = the cell's default.
   */
  'nofile': (string);
}
