// Original file: proto/gavel/v1/outputs.proto


export interface ListOutputsRequest {
  /**
   * Guid or number, live or finished.
   */
  'task_guid'?: (string);
}

export interface ListOutputsRequest__Output {
  /**
   * Guid or number, live or finished.
   */
  'task_guid': (string);
}
