// Original file: proto/gavel/v1/alert_service.proto


export interface DeleteAlertRequest {
  'name'?: (string);
}

export interface DeleteAlertRequest__Output {
  'name': (string);
}
