// Original file: proto/gavel/v1/task_service.proto

import type { Long } from '@grpc/proto-loader';

export interface WatchTasksRequest {
  /**
   * Go on behind this cursor; empty = from now.
   */
  'cursor'?: (string);
  'task_guid'?: (string);
  'domain'?: (string);
  'cell_id'?: (string);
  /**
   * Without a cursor: from this time on (UNIX nanoseconds), as far back as changes are kept; OUT_OF_RANGE, code compacted, says how far that is.
   */
  'since'?: (number | string | Long);
}

export interface WatchTasksRequest__Output {
  /**
   * Go on behind this cursor; empty = from now.
   */
  'cursor': (string);
  'task_guid': (string);
  'domain': (string);
  'cell_id': (string);
  /**
   * Without a cursor: from this time on (UNIX nanoseconds), as far back as changes are kept; OUT_OF_RANGE, code compacted, says how far that is.
   */
  'since': (string);
}
