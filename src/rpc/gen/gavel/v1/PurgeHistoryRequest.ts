// Original file: proto/gavel/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PurgeHistoryRequest {
  /**
   * UNIX nanoseconds.
   */
  'before'?: (number | string | Long);
  /**
   * Only of this domain; empty = of any.
   */
  'domain'?: (string);
  /**
   * Only counts.
   */
  'dry_run'?: (boolean);
}

export interface PurgeHistoryRequest__Output {
  /**
   * UNIX nanoseconds.
   */
  'before': (string);
  /**
   * Only of this domain; empty = of any.
   */
  'domain': (string);
  /**
   * Only counts.
   */
  'dry_run': (boolean);
}
