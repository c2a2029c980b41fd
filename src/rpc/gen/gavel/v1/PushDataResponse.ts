// Original file: proto/gavel/v1/cell_service.proto


export interface PushDataResponse {
}

export interface PushDataResponse__Output {
}
