// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { TimelineEvent as _gavel_v1_TimelineEvent, TimelineEvent__Output as _gavel_v1_TimelineEvent__Output } from '../../gavel/v1/TimelineEvent.ts';

export interface NoteEventsRequest {
  'cell_id'?: (string);
  'claim'?: (_gavel_v1_TaskClaim | null);
  'events'?: (_gavel_v1_TimelineEvent)[];
}

export interface NoteEventsRequest__Output {
  'cell_id': (string);
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'events': (_gavel_v1_TimelineEvent__Output)[];
}
