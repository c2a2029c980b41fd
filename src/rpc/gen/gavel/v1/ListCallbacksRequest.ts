// Original file: proto/gavel/v1/callback_service.proto


export interface ListCallbacksRequest {
  /**
   * pending or dead; both when it is left out.
   */
  'state'?: (string);
  /**
   * Default 100, most 1,000.
   */
  'page_size'?: (number);
  'page_token'?: (string);
}

export interface ListCallbacksRequest__Output {
  /**
   * pending or dead; both when it is left out.
   */
  'state': (string);
  /**
   * Default 100, most 1,000.
   */
  'page_size': (number);
  'page_token': (string);
}
