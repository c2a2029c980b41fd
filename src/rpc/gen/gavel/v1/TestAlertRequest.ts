// Original file: proto/gavel/v1/alert_service.proto


export interface TestAlertRequest {
  'name'?: (string);
}

export interface TestAlertRequest__Output {
  'name': (string);
}
