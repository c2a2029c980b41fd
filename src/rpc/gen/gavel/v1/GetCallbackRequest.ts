// Original file: proto/gavel/v1/callback_service.proto


export interface GetCallbackRequest {
  /**
   * Guid or number.
   */
  'task_guid'?: (string);
}

export interface GetCallbackRequest__Output {
  /**
   * Guid or number.
   */
  'task_guid': (string);
}
