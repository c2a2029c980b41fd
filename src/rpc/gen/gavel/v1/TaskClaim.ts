// Original file: proto/gavel/v1/cell_service.proto


export interface TaskClaim {
  'task_guid'?: (string);
  'attempt'?: (string);
}

export interface TaskClaim__Output {
  'task_guid': (string);
  'attempt': (string);
}
