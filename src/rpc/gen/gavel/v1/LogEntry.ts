// Original file: proto/gavel/v1/task_service.proto

import type { LogLine as _gavel_v1_LogLine, LogLine__Output as _gavel_v1_LogLine__Output } from '../../gavel/v1/LogLine.ts';
import type { LogEnd as _gavel_v1_LogEnd, LogEnd__Output as _gavel_v1_LogEnd__Output } from '../../gavel/v1/LogEnd.ts';
import type { LogGap as _gavel_v1_LogGap, LogGap__Output as _gavel_v1_LogGap__Output } from '../../gavel/v1/LogGap.ts';

export interface LogEntry {
  'line'?: (_gavel_v1_LogLine | null);
  /**
   * The last message of a stream that is complete.
   */
  'end'?: (_gavel_v1_LogEnd | null);
  /**
   * Lines that were dropped, and why.
   */
  'gap'?: (_gavel_v1_LogGap | null);
  'entry'?: "line"|"end"|"gap";
}

export interface LogEntry__Output {
  'line'?: (_gavel_v1_LogLine__Output | null);
  /**
   * The last message of a stream that is complete.
   */
  'end'?: (_gavel_v1_LogEnd__Output | null);
  /**
   * Lines that were dropped, and why.
   */
  'gap'?: (_gavel_v1_LogGap__Output | null);
  'entry'?: "line"|"end"|"gap";
}
