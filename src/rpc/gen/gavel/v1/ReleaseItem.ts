// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { TimelineEvent as _gavel_v1_TimelineEvent, TimelineEvent__Output as _gavel_v1_TimelineEvent__Output } from '../../gavel/v1/TimelineEvent.ts';

export interface ReleaseItem {
  'claim'?: (_gavel_v1_TaskClaim | null);
  'code'?: (string);
  'reason'?: (string);
  /**
   * What the cell saw of this attempt: at most 60 events, 8 KiB.
   */
  'events'?: (_gavel_v1_TimelineEvent)[];
}

export interface ReleaseItem__Output {
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'code': (string);
  'reason': (string);
  /**
   * What the cell saw of this attempt: at most 60 events, 8 KiB.
   */
  'events': (_gavel_v1_TimelineEvent__Output)[];
}
