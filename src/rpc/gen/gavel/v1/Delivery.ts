// Original file: proto/gavel/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What became of the completion callback.
 */
export interface Delivery {
  'url'?: (string);
  /**
   * pending, delivered or dead.
   */
  'state'?: (string);
  'attempts'?: (number);
  'last_status'?: (number);
  'last_error'?: (string);
  'next_attempt_at'?: (number | string | Long);
}

/**
 * What became of the completion callback.
 */
export interface Delivery__Output {
  'url': (string);
  /**
   * pending, delivered or dead.
   */
  'state': (string);
  'attempts': (number);
  'last_status': (number);
  'last_error': (string);
  'next_attempt_at': (string);
}
