// Original file: proto/gavel/v1/action.proto


export interface DownloadAction {
  'artifact'?: (string);
  'from'?: (string);
  'to'?: (string);
  'cache_key'?: (string);
  'log_source'?: (string);
  'user'?: (string);
  'checksum_algorithm'?: (string);
  'checksum_value'?: (string);
}

export interface DownloadAction__Output {
  'artifact': (string);
  'from': (string);
  'to': (string);
  'cache_key': (string);
  'log_source': (string);
  'user': (string);
  'checksum_algorithm': (string);
  'checksum_value': (string);
}
