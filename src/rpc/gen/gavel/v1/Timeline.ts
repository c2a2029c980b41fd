// Original file: proto/gavel/v1/timeline.proto

import type { TimelineEvent as _gavel_v1_TimelineEvent, TimelineEvent__Output as _gavel_v1_TimelineEvent__Output } from '../../gavel/v1/TimelineEvent.ts';

export interface Timeline {
  'events'?: (_gavel_v1_TimelineEvent)[];
  /**
   * What is missing and why, for example that a cell cannot be asked just now. Empty = everything is here.
   */
  'notes'?: (string)[];
}

export interface Timeline__Output {
  'events': (_gavel_v1_TimelineEvent__Output)[];
  /**
   * What is missing and why, for example that a cell cannot be asked just now. Empty = everything is here.
   */
  'notes': (string)[];
}
