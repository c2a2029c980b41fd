// Original file: proto/gavel/v1/task_service.proto

import type { TaskState as _gavel_v1_TaskState, TaskState__Output as _gavel_v1_TaskState__Output } from '../../gavel/v1/TaskState.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListTasksRequest {
  'domain'?: (string);
  'cell_id'?: (string);
  'states'?: (_gavel_v1_TaskState)[];
  /**
   * Default 100, most 1,000.
   */
  'page_size'?: (number);
  'page_token'?: (string);
  /**
   * Fields of Task to answer; empty = all.
   */
  'field_mask'?: (string)[];
  /**
   * Only with one of these outcomes.
   */
  'outcomes'?: (string)[];
  'created_by'?: (string);
  /**
   * Only with all of these; an empty value stands for any.
   */
  'labels'?: ({[key: string]: string});
  /**
   * UNIX nanoseconds; 0 = no bound. After is inclusive, before exclusive.
   */
  'created_after'?: (number | string | Long);
  'created_before'?: (number | string | Long);
  /**
   * The list as it was: at this time (UNIX nanoseconds), or after this revision of the store; of tasks that were live then, as they were then. As
   * far back as changes are kept (WatchTasks); OUT_OF_RANGE, code compacted, says how far that is.
   */
  'as_of'?: (number | string | Long);
  'as_of_revision'?: (number | string | Long);
}

export interface ListTasksRequest__Output {
  'domain': (string);
  'cell_id': (string);
  'states': (_gavel_v1_TaskState__Output)[];
  /**
   * Default 100, most 1,000.
   */
  'page_size': (number);
  'page_token': (string);
  /**
   * Fields of Task to answer; empty = all.
   */
  'field_mask': (string)[];
  /**
   * Only with one of these outcomes.
   */
  'outcomes': (string)[];
  'created_by': (string);
  /**
   * Only with all of these; an empty value stands for any.
   */
  'labels': ({[key: string]: string});
  /**
   * UNIX nanoseconds; 0 = no bound. After is inclusive, before exclusive.
   */
  'created_after': (string);
  'created_before': (string);
  /**
   * The list as it was: at this time (UNIX nanoseconds), or after this revision of the store; of tasks that were live then, as they were then. As
   * far back as changes are kept (WatchTasks); OUT_OF_RANGE, code compacted, says how far that is.
   */
  'as_of': (string);
  'as_of_revision': (string);
}
