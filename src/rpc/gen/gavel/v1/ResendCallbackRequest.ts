// Original file: proto/gavel/v1/callback_service.proto


export interface ResendCallbackRequest {
  /**
   * Guid or number.
   */
  'task_guid'?: (string);
}

export interface ResendCallbackRequest__Output {
  /**
   * Guid or number.
   */
  'task_guid': (string);
}
