// Original file: proto/gavel/v1/placement_service.proto


export interface PendingGone {
  'task_guid'?: (string);
}

export interface PendingGone__Output {
  'task_guid': (string);
}
