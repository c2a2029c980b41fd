// Original file: proto/gavel/v1/task_service.proto


export interface DeleteTaskResponse {
}

export interface DeleteTaskResponse__Output {
}
