// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { TaskOutcome as _gavel_v1_TaskOutcome, TaskOutcome__Output as _gavel_v1_TaskOutcome__Output } from '../../gavel/v1/TaskOutcome.ts';
import type { TimelineEvent as _gavel_v1_TimelineEvent, TimelineEvent__Output as _gavel_v1_TimelineEvent__Output } from '../../gavel/v1/TimelineEvent.ts';

export interface CompleteItem {
  'claim'?: (_gavel_v1_TaskClaim | null);
  'outcome'?: (_gavel_v1_TaskOutcome | null);
  /**
   * What the cell saw of this attempt: at most 60 events, 8 KiB.
   */
  'events'?: (_gavel_v1_TimelineEvent)[];
}

export interface CompleteItem__Output {
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'outcome': (_gavel_v1_TaskOutcome__Output | null);
  /**
   * What the cell saw of this attempt: at most 60 events, 8 KiB.
   */
  'events': (_gavel_v1_TimelineEvent__Output)[];
}
