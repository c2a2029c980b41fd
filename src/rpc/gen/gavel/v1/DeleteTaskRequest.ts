// Original file: proto/gavel/v1/task_service.proto


export interface DeleteTaskRequest {
  'task_guid'?: (string);
}

export interface DeleteTaskRequest__Output {
  'task_guid': (string);
}
