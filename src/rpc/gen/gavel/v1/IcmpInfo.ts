// Original file: proto/gavel/v1/task.proto


export interface IcmpInfo {
  'type'?: (number);
  'code'?: (number);
}

export interface IcmpInfo__Output {
  'type': (number);
  'code': (number);
}
