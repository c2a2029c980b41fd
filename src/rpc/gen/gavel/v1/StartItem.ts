// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';

export interface StartItem {
  'claim'?: (_gavel_v1_TaskClaim | null);
  /**
   * Made for this one in-memory try; never stored before use, never used again after a restart.
   */
  'nonce'?: (string);
  'image_digest'?: (string);
  'limits_in_force'?: ({[key: string]: string});
}

export interface StartItem__Output {
  'claim': (_gavel_v1_TaskClaim__Output | null);
  /**
   * Made for this one in-memory try; never stored before use, never used again after a restart.
   */
  'nonce': (string);
  'image_digest': (string);
  'limits_in_force': ({[key: string]: string});
}
