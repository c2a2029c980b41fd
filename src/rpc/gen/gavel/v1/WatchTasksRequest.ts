// Original file: proto/gavel/v1/task_service.proto


export interface WatchTasksRequest {
  /**
   * Go on behind this cursor; empty = from now.
   */
  'cursor'?: (string);
  'task_guid'?: (string);
  'domain'?: (string);
  'cell_id'?: (string);
}

export interface WatchTasksRequest__Output {
  /**
   * Go on behind this cursor; empty = from now.
   */
  'cursor': (string);
  'task_guid': (string);
  'domain': (string);
  'cell_id': (string);
}
