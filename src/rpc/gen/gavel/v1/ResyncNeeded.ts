// Original file: proto/gavel/v1/task_service.proto


export interface ResyncNeeded {
  'reason'?: (string);
}

export interface ResyncNeeded__Output {
  'reason': (string);
}
