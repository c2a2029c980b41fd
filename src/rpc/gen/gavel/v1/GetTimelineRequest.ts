// Original file: proto/gavel/v1/timeline.proto


export interface GetTimelineRequest {
  /**
   * Guid or number, live or finished.
   */
  'task_guid'?: (string);
  /**
   * Tell also each call of a container engine that concerned the task (component `engine`), as long as its cell remembers them.
   */
  'engine_calls'?: (boolean);
}

export interface GetTimelineRequest__Output {
  /**
   * Guid or number, live or finished.
   */
  'task_guid': (string);
  /**
   * Tell also each call of a container engine that concerned the task (component `engine`), as long as its cell remembers them.
   */
  'engine_calls': (boolean);
}
