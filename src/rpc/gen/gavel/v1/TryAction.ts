// Original file: proto/gavel/v1/action.proto

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from '../../gavel/v1/Action.ts';

export interface TryAction {
  'action'?: (_gavel_v1_Action | null);
  'log_source'?: (string);
}

export interface TryAction__Output {
  'action': (_gavel_v1_Action__Output | null);
  'log_source': (string);
}
