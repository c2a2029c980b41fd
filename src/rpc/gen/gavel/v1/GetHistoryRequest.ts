// Original file: proto/gavel/v1/history_service.proto


export interface GetHistoryRequest {
  /**
   * Guid or number. Of several lives of a guid, the newest.
   */
  'task_guid'?: (string);
}

export interface GetHistoryRequest__Output {
  /**
   * Guid or number. Of several lives of a guid, the newest.
   */
  'task_guid': (string);
}
