// Original file: proto/gavel/v1/streamed.proto


export interface StreamedAnswer {
  'id'?: (number);
  /**
   * The bytes of the method's answer, unless there is an error.
   */
  'answer'?: (Buffer | Uint8Array | string);
  /**
   * An error code of docs/task-reference.md; empty = none.
   */
  'error'?: (string);
  'message'?: (string);
  /**
   * A google.rpc.Status, where there is more to say, as in `grpc-status-details-bin`.
   */
  'details'?: (Buffer | Uint8Array | string);
}

export interface StreamedAnswer__Output {
  'id': (number);
  /**
   * The bytes of the method's answer, unless there is an error.
   */
  'answer': (Buffer);
  /**
   * An error code of docs/task-reference.md; empty = none.
   */
  'error': (string);
  'message': (string);
  /**
   * A google.rpc.Status, where there is more to say, as in `grpc-status-details-bin`.
   */
  'details': (Buffer);
}
