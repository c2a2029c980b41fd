// Original file: proto/gavel/v1/task_service.proto


export interface DeleteTasksRequest {
  /**
   * Guids; at most 500.
   */
  'task_guids'?: (string)[];
}

export interface DeleteTasksRequest__Output {
  /**
   * Guids; at most 500.
   */
  'task_guids': (string)[];
}
