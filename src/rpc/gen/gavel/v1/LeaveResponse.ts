// Original file: proto/gavel/v1/cell_service.proto


export interface LeaveResponse {
}

export interface LeaveResponse__Output {
}
