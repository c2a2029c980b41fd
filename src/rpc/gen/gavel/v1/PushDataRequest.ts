// Original file: proto/gavel/v1/cell_service.proto

import type { Timeline as _gavel_v1_Timeline, Timeline__Output as _gavel_v1_Timeline__Output } from '../../gavel/v1/Timeline.ts';
import type { OutputsInfo as _gavel_v1_OutputsInfo, OutputsInfo__Output as _gavel_v1_OutputsInfo__Output } from '../../gavel/v1/OutputsInfo.ts';
import type { OutputChunk as _gavel_v1_OutputChunk, OutputChunk__Output as _gavel_v1_OutputChunk__Output } from '../../gavel/v1/OutputChunk.ts';
import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';
import type { UsageReport as _gavel_v1_UsageReport, UsageReport__Output as _gavel_v1_UsageReport__Output } from '../../gavel/v1/UsageReport.ts';
import type { ExecChunk as _gavel_v1_ExecChunk, ExecChunk__Output as _gavel_v1_ExecChunk__Output } from '../../gavel/v1/ExecChunk.ts';
import type { CellLog as _gavel_v1_CellLog, CellLog__Output as _gavel_v1_CellLog__Output } from '../../gavel/v1/CellLog.ts';

export interface PushDataRequest {
  /**
   * First message only.
   */
  'request_id'?: (string);
  'cell_id'?: (string);
  'timeline'?: (_gavel_v1_Timeline | null);
  'outputs'?: (_gavel_v1_OutputsInfo | null);
  'chunk'?: (_gavel_v1_OutputChunk | null);
  /**
   * The question cannot be answered. Last message.
   */
  'refused'?: (_gavel_v1_Verdict | null);
  'usage'?: (_gavel_v1_UsageReport | null);
  'exec'?: (_gavel_v1_ExecChunk | null);
  'cell_log'?: (_gavel_v1_CellLog | null);
  'data'?: "timeline"|"outputs"|"chunk"|"refused"|"usage"|"exec"|"cell_log";
}

export interface PushDataRequest__Output {
  /**
   * First message only.
   */
  'request_id': (string);
  'cell_id': (string);
  'timeline'?: (_gavel_v1_Timeline__Output | null);
  'outputs'?: (_gavel_v1_OutputsInfo__Output | null);
  'chunk'?: (_gavel_v1_OutputChunk__Output | null);
  /**
   * The question cannot be answered. Last message.
   */
  'refused'?: (_gavel_v1_Verdict__Output | null);
  'usage'?: (_gavel_v1_UsageReport__Output | null);
  'exec'?: (_gavel_v1_ExecChunk__Output | null);
  'cell_log'?: (_gavel_v1_CellLog__Output | null);
  'data'?: "timeline"|"outputs"|"chunk"|"refused"|"usage"|"exec"|"cell_log";
}
