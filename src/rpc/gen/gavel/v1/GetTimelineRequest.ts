// Original file: proto/gavel/v1/timeline.proto


export interface GetTimelineRequest {
  /**
   * Guid or number, live or finished.
   */
  'task_guid'?: (string);
}

export interface GetTimelineRequest__Output {
  /**
   * Guid or number, live or finished.
   */
  'task_guid': (string);
}
