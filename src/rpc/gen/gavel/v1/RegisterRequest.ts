// Original file: proto/gavel/v1/cell_service.proto

import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from '../../gavel/v1/CellOffer.ts';

export interface RegisterRequest {
  'offer'?: (_gavel_v1_CellOffer | null);
  /**
   * Random per process of the cell: the same process may register again when the answer was lost.
   */
  'incarnation'?: (string);
  /**
   * The incarnation of this cell's process before, where it is certain that it has ended: its place need not run out first.
   * Empty = nothing is known of it.
   */
  'replaces'?: (string);
}

export interface RegisterRequest__Output {
  'offer': (_gavel_v1_CellOffer__Output | null);
  /**
   * Random per process of the cell: the same process may register again when the answer was lost.
   */
  'incarnation': (string);
  /**
   * The incarnation of this cell's process before, where it is certain that it has ended: its place need not run out first.
   * Empty = nothing is known of it.
   */
  'replaces': (string);
}
