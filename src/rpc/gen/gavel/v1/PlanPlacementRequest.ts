// Original file: proto/gavel/v1/capacity.proto

import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from '../../gavel/v1/TaskCreateRequest.ts';
import type { AddedCell as _gavel_v1_AddedCell, AddedCell__Output as _gavel_v1_AddedCell__Output } from '../../gavel/v1/AddedCell.ts';

export interface PlanPlacementRequest {
  /**
   * What is to be placed. Guid and key play no part.
   */
  'request'?: (_gavel_v1_TaskCreateRequest | null);
  /**
   * How many; 0 = as many as fit, counted up to 10,000.
   */
  'count'?: (number);
  /**
   * Cells to be left out.
   */
  'without'?: (string)[];
  /**
   * Cells to be thought of as there, empty.
   */
  'add'?: (_gavel_v1_AddedCell)[];
}

export interface PlanPlacementRequest__Output {
  /**
   * What is to be placed. Guid and key play no part.
   */
  'request': (_gavel_v1_TaskCreateRequest__Output | null);
  /**
   * How many; 0 = as many as fit, counted up to 10,000.
   */
  'count': (number);
  /**
   * Cells to be left out.
   */
  'without': (string)[];
  /**
   * Cells to be thought of as there, empty.
   */
  'add': (_gavel_v1_AddedCell__Output)[];
}
