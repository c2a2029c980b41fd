// Original file: proto/gavel/v1/cell_service.proto


/**
 * A question to a cell about its own log.
 */
export interface CellLogWanted {
  'tail'?: (number);
  'follow'?: (boolean);
}

/**
 * A question to a cell about its own log.
 */
export interface CellLogWanted__Output {
  'tail': (number);
  'follow': (boolean);
}
