// Original file: proto/gavel/v1/task.proto


export interface PortRange {
  'start'?: (number);
  'end'?: (number);
}

export interface PortRange__Output {
  'start': (number);
  'end': (number);
}
