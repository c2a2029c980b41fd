// Original file: proto/gavel/v1/task_service.proto

import type { Long } from '@grpc/proto-loader';

export interface FollowLogsRequest {
  'task_guid'?: (string);
  /**
   * Go on as lines are written; false = what there is, then the end mark.
   */
  'follow'?: (boolean);
  /**
   * Begin behind this sequence number; 0 = from the first line kept.
   */
  'after_sequence'?: (number | string | Long);
  /**
   * stdout, stderr or system; empty = all.
   */
  'stream'?: (string);
  'source'?: (string);
}

export interface FollowLogsRequest__Output {
  'task_guid': (string);
  /**
   * Go on as lines are written; false = what there is, then the end mark.
   */
  'follow': (boolean);
  /**
   * Begin behind this sequence number; 0 = from the first line kept.
   */
  'after_sequence': (string);
  /**
   * stdout, stderr or system; empty = all.
   */
  'stream': (string);
  'source': (string);
}
