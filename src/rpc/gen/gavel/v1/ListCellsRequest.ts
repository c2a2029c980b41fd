// Original file: proto/gavel/v1/cluster_service.proto


export interface ListCellsRequest {
}

export interface ListCellsRequest__Output {
}
