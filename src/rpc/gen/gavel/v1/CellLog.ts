// Original file: proto/gavel/v1/cell_service.proto

import type { CellLogLine as _gavel_v1_CellLogLine, CellLogLine__Output as _gavel_v1_CellLogLine__Output } from '../../gavel/v1/CellLogLine.ts';

/**
 * Empty while nothing happens.
 */
export interface CellLog {
  'lines'?: (_gavel_v1_CellLogLine)[];
}

/**
 * Empty while nothing happens.
 */
export interface CellLog__Output {
  'lines': (_gavel_v1_CellLogLine__Output)[];
}
