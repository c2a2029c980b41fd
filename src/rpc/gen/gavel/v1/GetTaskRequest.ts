// Original file: proto/gavel/v1/task_service.proto


export interface GetTaskRequest {
  /**
   * Guid, number or unique beginning of a guid.
   */
  'task_guid'?: (string);
  /**
   * Answer the history's record when the task is no longer live.
   */
  'include_history'?: (boolean);
}

export interface GetTaskRequest__Output {
  /**
   * Guid, number or unique beginning of a guid.
   */
  'task_guid': (string);
  /**
   * Answer the history's record when the task is no longer live.
   */
  'include_history': (boolean);
}
