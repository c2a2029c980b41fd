// Original file: proto/gavel/v1/outputs.proto


export interface OutputEnd {
  'path'?: (string);
  /**
   * Of the whole file, also when it was read from an offset on.
   */
  'sha256'?: (string);
}

export interface OutputEnd__Output {
  'path': (string);
  /**
   * Of the whole file, also when it was read from an offset on.
   */
  'sha256': (string);
}
