// Original file: proto/gavel/v1/action.proto

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from '../../gavel/v1/Action.ts';
import type { Long } from '@grpc/proto-loader';

export interface TimeoutAction {
  'action'?: (_gavel_v1_Action | null);
  'timeout_ms'?: (number | string | Long);
  'log_source'?: (string);
}

export interface TimeoutAction__Output {
  'action': (_gavel_v1_Action__Output | null);
  'timeout_ms': (string);
  'log_source': (string);
}
