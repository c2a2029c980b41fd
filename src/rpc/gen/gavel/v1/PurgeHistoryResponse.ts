// Original file: proto/gavel/v1/history_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PurgeHistoryResponse {
  /**
   * Dropped, or with dry_run those that would be.
   */
  'records'?: (number | string | Long);
  /**
   * As old, and kept because they are pinned.
   */
  'pinned'?: (number | string | Long);
}

export interface PurgeHistoryResponse__Output {
  /**
   * Dropped, or with dry_run those that would be.
   */
  'records': (string);
  /**
   * As old, and kept because they are pinned.
   */
  'pinned': (string);
}
