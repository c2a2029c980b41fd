// Original file: proto/gavel/v1/callback_service.proto


export interface TestCallbackResponse {
  'webhook_id'?: (string);
  /**
   * Whether such an answer acknowledges a callback.
   */
  'acknowledged'?: (boolean);
  /**
   * HTTP status; 0 = no answer.
   */
  'status'?: (number);
  'error'?: (string);
  'milliseconds'?: (number | string);
  'sent_headers'?: ({[key: string]: string});
  'received_headers'?: ({[key: string]: string});
  /**
   * What was posted.
   */
  'body'?: (string);
}

export interface TestCallbackResponse__Output {
  'webhook_id': (string);
  /**
   * Whether such an answer acknowledges a callback.
   */
  'acknowledged': (boolean);
  /**
   * HTTP status; 0 = no answer.
   */
  'status': (number);
  'error': (string);
  'milliseconds': (number);
  'sent_headers': ({[key: string]: string});
  'received_headers': ({[key: string]: string});
  /**
   * What was posted.
   */
  'body': (string);
}
