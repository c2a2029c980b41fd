// Original file: proto/gavel/v1/alert_service.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What became of the last post.
 */
export interface AlertFired {
  /**
   * UNIX nanoseconds.
   */
  'at'?: (number | string | Long);
  /**
   * How many things it told of.
   */
  'count'?: (number);
  /**
   * HTTP status of its last try; 0 = no answer.
   */
  'status'?: (number);
  'error'?: (string);
}

/**
 * What became of the last post.
 */
export interface AlertFired__Output {
  /**
   * UNIX nanoseconds.
   */
  'at': (string);
  /**
   * How many things it told of.
   */
  'count': (number);
  /**
   * HTTP status of its last try; 0 = no answer.
   */
  'status': (number);
  'error': (string);
}
