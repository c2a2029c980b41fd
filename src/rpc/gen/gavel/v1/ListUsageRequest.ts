// Original file: proto/gavel/v1/usage.proto


export interface ListUsageRequest {
  /**
   * Guid, number or unique beginning of a guid; empty = every running task.
   */
  'task_guid'?: (string);
  /**
   * Only on this cell; empty = on any.
   */
  'cell_id'?: (string);
}

export interface ListUsageRequest__Output {
  /**
   * Guid, number or unique beginning of a guid; empty = every running task.
   */
  'task_guid': (string);
  /**
   * Only on this cell; empty = on any.
   */
  'cell_id': (string);
}
