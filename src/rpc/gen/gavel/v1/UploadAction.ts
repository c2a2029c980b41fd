// Original file: proto/gavel/v1/action.proto


export interface UploadAction {
  'artifact'?: (string);
  'from'?: (string);
  'to'?: (string);
  'log_source'?: (string);
  'user'?: (string);
}

export interface UploadAction__Output {
  'artifact': (string);
  'from': (string);
  'to': (string);
  'log_source': (string);
  'user': (string);
}
