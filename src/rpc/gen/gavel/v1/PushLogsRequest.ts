// Original file: proto/gavel/v1/cell_service.proto

import type { LogEntry as _gavel_v1_LogEntry, LogEntry__Output as _gavel_v1_LogEntry__Output } from '../../gavel/v1/LogEntry.ts';

export interface PushLogsRequest {
  /**
   * First message only.
   */
  'request_id'?: (string);
  'cell_id'?: (string);
  'entries'?: (_gavel_v1_LogEntry)[];
}

export interface PushLogsRequest__Output {
  /**
   * First message only.
   */
  'request_id': (string);
  'cell_id': (string);
  'entries': (_gavel_v1_LogEntry__Output)[];
}
