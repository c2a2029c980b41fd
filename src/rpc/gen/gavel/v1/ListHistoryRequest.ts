// Original file: proto/gavel/v1/history_service.proto


export interface ListHistoryRequest {
  /**
   * Default 30, most 1,000. Newest first.
   */
  'page_size'?: (number);
  'page_token'?: (string);
  'domain'?: (string);
}

export interface ListHistoryRequest__Output {
  /**
   * Default 30, most 1,000. Newest first.
   */
  'page_size': (number);
  'page_token': (string);
  'domain': (string);
}
