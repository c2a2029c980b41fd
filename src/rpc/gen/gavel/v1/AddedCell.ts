// Original file: proto/gavel/v1/capacity.proto

import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from '../../gavel/v1/CellOffer.ts';

export interface AddedCell {
  /**
   * A registered cell whose offer is taken; empty = what `offer` says.
   */
  'like'?: (string);
  /**
   * Without `like`: all of it but the id. With it: only the capacity, where it is not 0.
   */
  'offer'?: (_gavel_v1_CellOffer | null);
  /**
   * 0 = 1.
   */
  'count'?: (number);
}

export interface AddedCell__Output {
  /**
   * A registered cell whose offer is taken; empty = what `offer` says.
   */
  'like': (string);
  /**
   * Without `like`: all of it but the id. With it: only the capacity, where it is not 0.
   */
  'offer': (_gavel_v1_CellOffer__Output | null);
  /**
   * 0 = 1.
   */
  'count': (number);
}
