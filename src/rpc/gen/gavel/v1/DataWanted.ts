// Original file: proto/gavel/v1/cell_service.proto

import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from '../../gavel/v1/TaskClaim.ts';
import type { GetTimelineRequest as _gavel_v1_GetTimelineRequest, GetTimelineRequest__Output as _gavel_v1_GetTimelineRequest__Output } from '../../gavel/v1/GetTimelineRequest.ts';
import type { ListOutputsRequest as _gavel_v1_ListOutputsRequest, ListOutputsRequest__Output as _gavel_v1_ListOutputsRequest__Output } from '../../gavel/v1/ListOutputsRequest.ts';
import type { DownloadOutputsRequest as _gavel_v1_DownloadOutputsRequest, DownloadOutputsRequest__Output as _gavel_v1_DownloadOutputsRequest__Output } from '../../gavel/v1/DownloadOutputsRequest.ts';
import type { UsageWanted as _gavel_v1_UsageWanted, UsageWanted__Output as _gavel_v1_UsageWanted__Output } from '../../gavel/v1/UsageWanted.ts';
import type { ExecWanted as _gavel_v1_ExecWanted, ExecWanted__Output as _gavel_v1_ExecWanted__Output } from '../../gavel/v1/ExecWanted.ts';
import type { CellLogWanted as _gavel_v1_CellLogWanted, CellLogWanted__Output as _gavel_v1_CellLogWanted__Output } from '../../gavel/v1/CellLogWanted.ts';

/**
 * A question about one attempt (usage: about all that run), answered by PushData.
 */
export interface DataWanted {
  'request_id'?: (string);
  /**
   * Unset for usage.
   */
  'claim'?: (_gavel_v1_TaskClaim | null);
  'timeline'?: (_gavel_v1_GetTimelineRequest | null);
  'outputs'?: (_gavel_v1_ListOutputsRequest | null);
  'download'?: (_gavel_v1_DownloadOutputsRequest | null);
  /**
   * The task named outputs: what the cell has must hold them, or say that it does not.
   */
  'outputs_asked'?: (boolean);
  'usage'?: (_gavel_v1_UsageWanted | null);
  'exec'?: (_gavel_v1_ExecWanted | null);
  'cell_log'?: (_gavel_v1_CellLogWanted | null);
  'what'?: "timeline"|"outputs"|"download"|"usage"|"exec"|"cell_log";
}

/**
 * A question about one attempt (usage: about all that run), answered by PushData.
 */
export interface DataWanted__Output {
  'request_id': (string);
  /**
   * Unset for usage.
   */
  'claim': (_gavel_v1_TaskClaim__Output | null);
  'timeline'?: (_gavel_v1_GetTimelineRequest__Output | null);
  'outputs'?: (_gavel_v1_ListOutputsRequest__Output | null);
  'download'?: (_gavel_v1_DownloadOutputsRequest__Output | null);
  /**
   * The task named outputs: what the cell has must hold them, or say that it does not.
   */
  'outputs_asked': (boolean);
  'usage'?: (_gavel_v1_UsageWanted__Output | null);
  'exec'?: (_gavel_v1_ExecWanted__Output | null);
  'cell_log'?: (_gavel_v1_CellLogWanted__Output | null);
  'what'?: "timeline"|"outputs"|"download"|"usage"|"exec"|"cell_log";
}
