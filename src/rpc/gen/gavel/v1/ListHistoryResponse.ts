// Original file: proto/gavel/v1/history_service.proto

import type { HistoryRecord as _gavel_v1_HistoryRecord, HistoryRecord__Output as _gavel_v1_HistoryRecord__Output } from '../../gavel/v1/HistoryRecord.ts';

export interface ListHistoryResponse {
  'records'?: (_gavel_v1_HistoryRecord)[];
  'next_page_token'?: (string);
}

export interface ListHistoryResponse__Output {
  'records': (_gavel_v1_HistoryRecord__Output)[];
  'next_page_token': (string);
}
