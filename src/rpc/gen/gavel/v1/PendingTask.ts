// Original file: proto/gavel/v1/placement_service.proto

import type { Long } from '@grpc/proto-loader';

export interface PendingTask {
  'task_guid'?: (string);
  'uid'?: (string);
  /**
   * UNIX nanoseconds.
   */
  'created_at'?: (number | string | Long);
  'domain'?: (string);
  'stack'?: (string);
  'root_fs'?: (string);
  'memory_mb'?: (number);
  'disk_mb'?: (number);
  'cpu_weight'?: (number);
  'placement_tags'?: (string)[];
  'rejection_count'?: (number);
  'waiting_for'?: (string);
  /**
   * UNIX nanoseconds before which it must not be placed again (a cell gave it back a moment ago); 0 = now.
   */
  'not_before'?: (number | string | Long);
}

export interface PendingTask__Output {
  'task_guid': (string);
  'uid': (string);
  /**
   * UNIX nanoseconds.
   */
  'created_at': (string);
  'domain': (string);
  'stack': (string);
  'root_fs': (string);
  'memory_mb': (number);
  'disk_mb': (number);
  'cpu_weight': (number);
  'placement_tags': (string)[];
  'rejection_count': (number);
  'waiting_for': (string);
  /**
   * UNIX nanoseconds before which it must not be placed again (a cell gave it back a moment ago); 0 = now.
   */
  'not_before': (string);
}
