// Original file: proto/gavel/v1/cluster_service.proto


export interface UndrainCellRequest {
  'cell_id'?: (string);
}

export interface UndrainCellRequest__Output {
  'cell_id': (string);
}
