// Original file: proto/gavel/v1/action.proto


export interface MountedFile {
  'path'?: (string);
  'content'?: (string);
}

export interface MountedFile__Output {
  'path': (string);
  'content': (string);
}
