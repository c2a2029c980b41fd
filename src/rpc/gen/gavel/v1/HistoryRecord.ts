// Original file: proto/gavel/v1/history_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { Delivery as _gavel_v1_Delivery, Delivery__Output as _gavel_v1_Delivery__Output } from '../../gavel/v1/Delivery.ts';
import type { Long } from '@grpc/proto-loader';

export interface HistoryRecord {
  'task'?: (_gavel_v1_Task | null);
  /**
   * UNIX nanoseconds.
   */
  'resolved_at'?: (number | string | Long);
  /**
   * How it left the live set: callback, client or expired.
   */
  'resolved_by'?: (string);
  'delivery'?: (_gavel_v1_Delivery | null);
  /**
   * Kept whatever the limits of history say.
   */
  'pinned'?: (boolean);
}

export interface HistoryRecord__Output {
  'task': (_gavel_v1_Task__Output | null);
  /**
   * UNIX nanoseconds.
   */
  'resolved_at': (string);
  /**
   * How it left the live set: callback, client or expired.
   */
  'resolved_by': (string);
  'delivery': (_gavel_v1_Delivery__Output | null);
  /**
   * Kept whatever the limits of history say.
   */
  'pinned': (boolean);
}
