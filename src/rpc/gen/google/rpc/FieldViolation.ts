// Original file: proto/google/rpc/status.proto


export interface FieldViolation {
  'field'?: (string);
  'description'?: (string);
}

export interface FieldViolation__Output {
  'field': (string);
  'description': (string);
}
