// Original file: proto/gavel/v1/history_service.proto


export interface PinTaskRequest {
  /**
   * Guid or number. Of several lives of a guid, the newest.
   */
  'task_guid'?: (string);
  /**
   * False = no longer.
   */
  'pinned'?: (boolean);
}

export interface PinTaskRequest__Output {
  /**
   * Guid or number. Of several lives of a guid, the newest.
   */
  'task_guid': (string);
  /**
   * False = no longer.
   */
  'pinned': (boolean);
}
