// Original file: proto/gavel/v1/task.proto


export interface CachedDependency {
  'name'?: (string);
  'from'?: (string);
  'to'?: (string);
  'cache_key'?: (string);
  'log_source'?: (string);
  'checksum_algorithm'?: (string);
  'checksum_value'?: (string);
}

export interface CachedDependency__Output {
  'name': (string);
  'from': (string);
  'to': (string);
  'cache_key': (string);
  'log_source': (string);
  'checksum_algorithm': (string);
  'checksum_value': (string);
}
