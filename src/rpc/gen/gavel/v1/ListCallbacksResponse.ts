// Original file: proto/gavel/v1/callback_service.proto

import type { Callback as _gavel_v1_Callback, Callback__Output as _gavel_v1_Callback__Output } from '../../gavel/v1/Callback.ts';

export interface ListCallbacksResponse {
  'callbacks'?: (_gavel_v1_Callback)[];
  'next_page_token'?: (string);
}

export interface ListCallbacksResponse__Output {
  'callbacks': (_gavel_v1_Callback__Output)[];
  'next_page_token': (string);
}
