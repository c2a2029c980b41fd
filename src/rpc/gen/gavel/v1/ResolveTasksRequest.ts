// Original file: proto/gavel/v1/task_service.proto


export interface ResolveTasksRequest {
  /**
   * Guids; at most 500.
   */
  'task_guids'?: (string)[];
}

export interface ResolveTasksRequest__Output {
  /**
   * Guids; at most 500.
   */
  'task_guids': (string)[];
}
