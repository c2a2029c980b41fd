// Original file: proto/gavel/v1/task_service.proto

import type { TaskCreated as _gavel_v1_TaskCreated, TaskCreated__Output as _gavel_v1_TaskCreated__Output } from '../../gavel/v1/TaskCreated.ts';
import type { TaskChanged as _gavel_v1_TaskChanged, TaskChanged__Output as _gavel_v1_TaskChanged__Output } from '../../gavel/v1/TaskChanged.ts';
import type { TaskRemoved as _gavel_v1_TaskRemoved, TaskRemoved__Output as _gavel_v1_TaskRemoved__Output } from '../../gavel/v1/TaskRemoved.ts';
import type { ResyncNeeded as _gavel_v1_ResyncNeeded, ResyncNeeded__Output as _gavel_v1_ResyncNeeded__Output } from '../../gavel/v1/ResyncNeeded.ts';
import type { Heartbeat as _gavel_v1_Heartbeat, Heartbeat__Output as _gavel_v1_Heartbeat__Output } from '../../gavel/v1/Heartbeat.ts';

export interface TaskEvent {
  'created'?: (_gavel_v1_TaskCreated | null);
  'changed'?: (_gavel_v1_TaskChanged | null);
  'removed'?: (_gavel_v1_TaskRemoved | null);
  /**
   * The stream cannot go on without a gap: list again, then watch from the list's cursor. Last message of the stream.
   */
  'resync_needed'?: (_gavel_v1_ResyncNeeded | null);
  /**
   * Sent at once and then every 15 s while nothing happens, so that silence can be told from a dead connection.
   */
  'heartbeat'?: (_gavel_v1_Heartbeat | null);
  'cursor'?: (string);
  'event'?: "created"|"changed"|"removed"|"resync_needed"|"heartbeat";
}

export interface TaskEvent__Output {
  'created'?: (_gavel_v1_TaskCreated__Output | null);
  'changed'?: (_gavel_v1_TaskChanged__Output | null);
  'removed'?: (_gavel_v1_TaskRemoved__Output | null);
  /**
   * The stream cannot go on without a gap: list again, then watch from the list's cursor. Last message of the stream.
   */
  'resync_needed'?: (_gavel_v1_ResyncNeeded__Output | null);
  /**
   * Sent at once and then every 15 s while nothing happens, so that silence can be told from a dead connection.
   */
  'heartbeat'?: (_gavel_v1_Heartbeat__Output | null);
  'cursor': (string);
  'event'?: "created"|"changed"|"removed"|"resync_needed"|"heartbeat";
}
