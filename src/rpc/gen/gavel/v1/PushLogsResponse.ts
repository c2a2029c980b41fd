// Original file: proto/gavel/v1/cell_service.proto


export interface PushLogsResponse {
}

export interface PushLogsResponse__Output {
}
