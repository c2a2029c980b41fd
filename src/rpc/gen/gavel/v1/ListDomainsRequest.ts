// Original file: proto/gavel/v1/cluster_service.proto


export interface ListDomainsRequest {
}

export interface ListDomainsRequest__Output {
}
