// Original file: proto/gavel/v1/cluster_service.proto


export interface FollowCellLogRequest {
  'cell_id'?: (string);
  /**
   * How many lines of before; 100 when it is left out.
   */
  'tail'?: (number);
  'follow'?: (boolean);
}

export interface FollowCellLogRequest__Output {
  'cell_id': (string);
  /**
   * How many lines of before; 100 when it is left out.
   */
  'tail': (number);
  'follow': (boolean);
}
