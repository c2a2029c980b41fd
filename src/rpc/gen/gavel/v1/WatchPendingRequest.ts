// Original file: proto/gavel/v1/placement_service.proto


export interface WatchPendingRequest {
  'cursor'?: (string);
}

export interface WatchPendingRequest__Output {
  'cursor': (string);
}
