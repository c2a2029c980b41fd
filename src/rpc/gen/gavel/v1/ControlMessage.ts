// Original file: proto/gavel/v1/cell_service.proto

import type { StopAttempt as _gavel_v1_StopAttempt, StopAttempt__Output as _gavel_v1_StopAttempt__Output } from '../../gavel/v1/StopAttempt.ts';
import type { LogsWanted as _gavel_v1_LogsWanted, LogsWanted__Output as _gavel_v1_LogsWanted__Output } from '../../gavel/v1/LogsWanted.ts';
import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { Heartbeat as _gavel_v1_Heartbeat, Heartbeat__Output as _gavel_v1_Heartbeat__Output } from '../../gavel/v1/Heartbeat.ts';
import type { DataWanted as _gavel_v1_DataWanted, DataWanted__Output as _gavel_v1_DataWanted__Output } from '../../gavel/v1/DataWanted.ts';
import type { DrainState as _gavel_v1_DrainState, DrainState__Output as _gavel_v1_DrainState__Output } from '../../gavel/v1/DrainState.ts';
import type { PlacedTasks as _gavel_v1_PlacedTasks, PlacedTasks__Output as _gavel_v1_PlacedTasks__Output } from '../../gavel/v1/PlacedTasks.ts';

export interface ControlMessage {
  /**
   * These attempts are over (cancelled, lost, removed): stop what still runs of them.
   */
  'stop'?: (_gavel_v1_StopAttempt | null);
  'logs_wanted'?: (_gavel_v1_LogsWanted | null);
  /**
   * The cell holds a claim on this, and has not started it for a moment: `placed` may not have come.
   */
  'claimed'?: (_gavel_v1_TaskClaim | null);
  'heartbeat'?: (_gavel_v1_Heartbeat | null);
  'data_wanted'?: (_gavel_v1_DataWanted | null);
  /**
   * An operator drains the cell, or takes it back. The answer to each Renew says the same.
   */
  'drain'?: (_gavel_v1_DrainState | null);
  /**
   * Claimed for this cell just now, by the server that sends it.
   */
  'placed'?: (_gavel_v1_PlacedTasks | null);
  'message'?: "stop"|"logs_wanted"|"claimed"|"heartbeat"|"data_wanted"|"drain"|"placed";
}

export interface ControlMessage__Output {
  /**
   * These attempts are over (cancelled, lost, removed): stop what still runs of them.
   */
  'stop'?: (_gavel_v1_StopAttempt__Output | null);
  'logs_wanted'?: (_gavel_v1_LogsWanted__Output | null);
  /**
   * The cell holds a claim on this, and has not started it for a moment: `placed` may not have come.
   */
  'claimed'?: (_gavel_v1_TaskClaim__Output | null);
  'heartbeat'?: (_gavel_v1_Heartbeat__Output | null);
  'data_wanted'?: (_gavel_v1_DataWanted__Output | null);
  /**
   * An operator drains the cell, or takes it back. The answer to each Renew says the same.
   */
  'drain'?: (_gavel_v1_DrainState__Output | null);
  /**
   * Claimed for this cell just now, by the server that sends it.
   */
  'placed'?: (_gavel_v1_PlacedTasks__Output | null);
  'message'?: "stop"|"logs_wanted"|"claimed"|"heartbeat"|"data_wanted"|"drain"|"placed";
}
