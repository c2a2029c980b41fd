// Original file: proto/gavel/v1/outputs.proto

import type { Long } from '@grpc/proto-loader';

export interface OutputStart {
  /**
   * For the archive itself, its file name.
   */
  'path'?: (string);
  'size'?: (number | string | Long);
  'mode'?: (number);
  /**
   * Where the bytes that follow begin.
   */
  'offset'?: (number | string | Long);
}

export interface OutputStart__Output {
  /**
   * For the archive itself, its file name.
   */
  'path': (string);
  'size': (string);
  'mode': (number);
  /**
   * Where the bytes that follow begin.
   */
  'offset': (string);
}
