// Original file: proto/gavel/v1/task_service.proto


export interface ResolveTaskRequest {
  'task_guid'?: (string);
}

export interface ResolveTaskRequest__Output {
  'task_guid': (string);
}
