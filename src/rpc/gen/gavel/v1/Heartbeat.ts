// Original file: proto/gavel/v1/task_service.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
