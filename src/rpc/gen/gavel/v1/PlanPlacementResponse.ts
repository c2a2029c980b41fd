// Original file: proto/gavel/v1/capacity.proto

import type { PlannedCell as _gavel_v1_PlannedCell, PlannedCell__Output as _gavel_v1_PlannedCell__Output } from '../../gavel/v1/PlannedCell.ts';
import type { Long } from '@grpc/proto-loader';

export interface PlanPlacementResponse {
  /**
   * How many of them would be placed now, one after the other.
   */
  'fits'?: (number);
  /**
   * How many were asked for; 0 = as many as fit.
   */
  'asked'?: (number);
  /**
   * One sentence for people.
   */
  'summary'?: (string);
  /**
   * What keeps the next one out, as in an explanation: stack, rootfs, tags, too_small, containers, disk, memory, ... Empty where all
   * that were asked for fit.
   */
  'binding'?: (string);
  /**
   * The fixed text for it, for example "insufficient resources: memory".
   */
  'reason'?: (string);
  /**
   * Every cell, in the order of their ids.
   */
  'cells'?: (_gavel_v1_PlannedCell)[];
  /**
   * How many more one more empty cell would take, and the cell it would have to be like; 0 where none would help.
   */
  'one_more_cell'?: (number);
  'one_more_like'?: (string);
  /**
   * Tasks that wait already; they would be placed first.
   */
  'waiting'?: (number | string | Long);
}

export interface PlanPlacementResponse__Output {
  /**
   * How many of them would be placed now, one after the other.
   */
  'fits': (number);
  /**
   * How many were asked for; 0 = as many as fit.
   */
  'asked': (number);
  /**
   * One sentence for people.
   */
  'summary': (string);
  /**
   * What keeps the next one out, as in an explanation: stack, rootfs, tags, too_small, containers, disk, memory, ... Empty where all
   * that were asked for fit.
   */
  'binding': (string);
  /**
   * The fixed text for it, for example "insufficient resources: memory".
   */
  'reason': (string);
  /**
   * Every cell, in the order of their ids.
   */
  'cells': (_gavel_v1_PlannedCell__Output)[];
  /**
   * How many more one more empty cell would take, and the cell it would have to be like; 0 where none would help.
   */
  'one_more_cell': (number);
  'one_more_like': (string);
  /**
   * Tasks that wait already; they would be placed first.
   */
  'waiting': (string);
}
