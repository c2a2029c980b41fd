// Original file: proto/gavel/v1/cell_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CellLogLine {
  /**
   * Counts from the start of the cell's process.
   */
  'sequence'?: (number | string | Long);
  /**
   * One line of JSON, as the cell wrote it to its stderr.
   */
  'text'?: (string);
}

export interface CellLogLine__Output {
  /**
   * Counts from the start of the cell's process.
   */
  'sequence': (string);
  /**
   * One line of JSON, as the cell wrote it to its stderr.
   */
  'text': (string);
}
