// Original file: proto/gavel/v1/alert_service.proto


export interface ListAlertsRequest {
}

export interface ListAlertsRequest__Output {
}
