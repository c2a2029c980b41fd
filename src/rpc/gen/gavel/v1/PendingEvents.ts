// Original file: proto/gavel/v1/placement_service.proto

import type { PendingEvent as _gavel_v1_PendingEvent, PendingEvent__Output as _gavel_v1_PendingEvent__Output } from '../../gavel/v1/PendingEvent.ts';

/**
 * In order. What happens together comes together: each message costs both sides as much as many events in it.
 */
export interface PendingEvents {
  'events'?: (_gavel_v1_PendingEvent)[];
}

/**
 * In order. What happens together comes together: each message costs both sides as much as many events in it.
 */
export interface PendingEvents__Output {
  'events': (_gavel_v1_PendingEvent__Output)[];
}
