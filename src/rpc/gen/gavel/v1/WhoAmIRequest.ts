// Original file: proto/gavel/v1/cluster_service.proto


export interface WhoAmIRequest {
}

export interface WhoAmIRequest__Output {
}
