// Original file: proto/gavel/v1/placement_service.proto

import type { PendingReset as _gavel_v1_PendingReset, PendingReset__Output as _gavel_v1_PendingReset__Output } from '../../gavel/v1/PendingReset.ts';
import type { PendingTask as _gavel_v1_PendingTask, PendingTask__Output as _gavel_v1_PendingTask__Output } from '../../gavel/v1/PendingTask.ts';
import type { PendingGone as _gavel_v1_PendingGone, PendingGone__Output as _gavel_v1_PendingGone__Output } from '../../gavel/v1/PendingGone.ts';
import type { PendingSynced as _gavel_v1_PendingSynced, PendingSynced__Output as _gavel_v1_PendingSynced__Output } from '../../gavel/v1/PendingSynced.ts';
import type { CellKnown as _gavel_v1_CellKnown, CellKnown__Output as _gavel_v1_CellKnown__Output } from '../../gavel/v1/CellKnown.ts';
import type { CellGone as _gavel_v1_CellGone, CellGone__Output as _gavel_v1_CellGone__Output } from '../../gavel/v1/CellGone.ts';

export interface PendingEvent {
  /**
   * Forget everything: what follows is the whole list.
   */
  'reset'?: (_gavel_v1_PendingReset | null);
  'pending'?: (_gavel_v1_PendingTask | null);
  /**
   * No longer waits (claimed, cancelled, expired, removed).
   */
  'gone'?: (_gavel_v1_PendingGone | null);
  /**
   * The list is complete from here on.
   */
  'synced'?: (_gavel_v1_PendingSynced | null);
  'cell'?: (_gavel_v1_CellKnown | null);
  /**
   * Within a list: one that has gone lately, told of before. What only it could take waits for it for a while.
   */
  'cell_gone'?: (_gavel_v1_CellGone | null);
  'cursor'?: (string);
  'event'?: "reset"|"pending"|"gone"|"synced"|"cell"|"cell_gone";
}

export interface PendingEvent__Output {
  /**
   * Forget everything: what follows is the whole list.
   */
  'reset'?: (_gavel_v1_PendingReset__Output | null);
  'pending'?: (_gavel_v1_PendingTask__Output | null);
  /**
   * No longer waits (claimed, cancelled, expired, removed).
   */
  'gone'?: (_gavel_v1_PendingGone__Output | null);
  /**
   * The list is complete from here on.
   */
  'synced'?: (_gavel_v1_PendingSynced__Output | null);
  'cell'?: (_gavel_v1_CellKnown__Output | null);
  /**
   * Within a list: one that has gone lately, told of before. What only it could take waits for it for a while.
   */
  'cell_gone'?: (_gavel_v1_CellGone__Output | null);
  'cursor': (string);
  'event'?: "reset"|"pending"|"gone"|"synced"|"cell"|"cell_gone";
}
