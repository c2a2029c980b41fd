// Original file: proto/gavel/v1/explain.proto

import type { PlacementAmounts as _gavel_v1_PlacementAmounts, PlacementAmounts__Output as _gavel_v1_PlacementAmounts__Output } from '../../gavel/v1/PlacementAmounts.ts';
import type { PlacementScore as _gavel_v1_PlacementScore, PlacementScore__Output as _gavel_v1_PlacementScore__Output } from '../../gavel/v1/PlacementScore.ts';

/**
 * What one cell says to a task.
 */
export interface CellVerdict {
  'cell_id'?: (string);
  /**
   * Empty: it would take the task. Else stack, rootfs, tags, too_small, closed, containers, disk or memory.
   */
  'code'?: (string);
  'asked'?: (_gavel_v1_PlacementAmounts | null);
  'free'?: (_gavel_v1_PlacementAmounts | null);
  'capacity'?: (_gavel_v1_PlacementAmounts | null);
  /**
   * For people.
   */
  'note'?: (string);
  /**
   * Lower wins; unset when it would not take the task.
   */
  'score'?: (_gavel_v1_PlacementScore | null);
}

/**
 * What one cell says to a task.
 */
export interface CellVerdict__Output {
  'cell_id': (string);
  /**
   * Empty: it would take the task. Else stack, rootfs, tags, too_small, closed, containers, disk or memory.
   */
  'code': (string);
  'asked': (_gavel_v1_PlacementAmounts__Output | null);
  'free': (_gavel_v1_PlacementAmounts__Output | null);
  'capacity': (_gavel_v1_PlacementAmounts__Output | null);
  /**
   * For people.
   */
  'note': (string);
  /**
   * Lower wins; unset when it would not take the task.
   */
  'score': (_gavel_v1_PlacementScore__Output | null);
}
