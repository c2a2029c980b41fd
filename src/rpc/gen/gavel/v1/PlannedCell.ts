// Original file: proto/gavel/v1/capacity.proto

import type { PlacementAmounts as _gavel_v1_PlacementAmounts, PlacementAmounts__Output as _gavel_v1_PlacementAmounts__Output } from '../../gavel/v1/PlacementAmounts.ts';

export interface PlannedCell {
  'cell_id'?: (string);
  /**
   * It is not there: the question added it.
   */
  'added'?: (boolean);
  /**
   * How many it would take.
   */
  'placed'?: (number);
  'capacity'?: (_gavel_v1_PlacementAmounts | null);
  'free_before'?: (_gavel_v1_PlacementAmounts | null);
  'free_after'?: (_gavel_v1_PlacementAmounts | null);
  /**
   * What it says to the next one; empty = it would take it.
   */
  'code'?: (string);
}

export interface PlannedCell__Output {
  'cell_id': (string);
  /**
   * It is not there: the question added it.
   */
  'added': (boolean);
  /**
   * How many it would take.
   */
  'placed': (number);
  'capacity': (_gavel_v1_PlacementAmounts__Output | null);
  'free_before': (_gavel_v1_PlacementAmounts__Output | null);
  'free_after': (_gavel_v1_PlacementAmounts__Output | null);
  /**
   * What it says to the next one; empty = it would take it.
   */
  'code': (string);
}
