// Original file: proto/gavel/v1/placement_service.proto


export interface PendingReset {
}

export interface PendingReset__Output {
}
