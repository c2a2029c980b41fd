// Original file: proto/gavel/v1/alert_service.proto


export interface DeleteAlertResponse {
}

export interface DeleteAlertResponse__Output {
}
