// Original file: proto/google/rpc/status.proto


/**
 * On the wire the same as google.protobuf.Any.
 */
export interface Detail {
  'type_url'?: (string);
  'value'?: (Buffer | Uint8Array | string);
}

/**
 * On the wire the same as google.protobuf.Any.
 */
export interface Detail__Output {
  'type_url': (string);
  'value': (Buffer);
}
