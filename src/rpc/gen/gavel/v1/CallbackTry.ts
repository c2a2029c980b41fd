// Original file: proto/gavel/v1/callback_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CallbackTry {
  /**
   * UNIX nanoseconds.
   */
  'at'?: (number | string | Long);
  /**
   * HTTP status; 0 = no answer.
   */
  'status'?: (number);
  'error'?: (string);
}

export interface CallbackTry__Output {
  /**
   * UNIX nanoseconds.
   */
  'at': (string);
  /**
   * HTTP status; 0 = no answer.
   */
  'status': (number);
  'error': (string);
}
