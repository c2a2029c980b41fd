// Original file: proto/gavel/v1/streamed.proto


/**
 * Unary calls of a service as messages of one long stream. Each is served as the call of its name is, with the same answer or the same error; answers come
 * as they are ready, in any order. When the stream breaks, nobody knows what became of the calls that were not answered, as when a call breaks.
 */
export interface StreamedCall {
  /**
   * Of this stream; its answer has the same.
   */
  'id'?: (number);
  /**
   * For example StartTasks.
   */
  'method'?: (string);
  /**
   * The bytes of the method's request.
   */
  'request'?: (Buffer | Uint8Array | string);
  /**
   * What a call of its own has in its metadata.
   */
  'traceparent'?: (string);
  'request_id'?: (string);
}

/**
 * Unary calls of a service as messages of one long stream. Each is served as the call of its name is, with the same answer or the same error; answers come
 * as they are ready, in any order. When the stream breaks, nobody knows what became of the calls that were not answered, as when a call breaks.
 */
export interface StreamedCall__Output {
  /**
   * Of this stream; its answer has the same.
   */
  'id': (number);
  /**
   * For example StartTasks.
   */
  'method': (string);
  /**
   * The bytes of the method's request.
   */
  'request': (Buffer);
  /**
   * What a call of its own has in its metadata.
   */
  'traceparent': (string);
  'request_id': (string);
}
