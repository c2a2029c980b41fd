// Original file: proto/gavel/v1/placement_service.proto


export interface PendingSynced {
}

export interface PendingSynced__Output {
}
