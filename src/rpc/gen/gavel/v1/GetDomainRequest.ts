// Original file: proto/gavel/v1/cluster_service.proto


export interface GetDomainRequest {
  'domain'?: (string);
}

export interface GetDomainRequest__Output {
  'domain': (string);
}
