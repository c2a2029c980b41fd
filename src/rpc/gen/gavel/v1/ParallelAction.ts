// Original file: proto/gavel/v1/action.proto

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from '../../gavel/v1/Action.ts';

export interface ParallelAction {
  'actions'?: (_gavel_v1_Action)[];
  'log_source'?: (string);
}

export interface ParallelAction__Output {
  'actions': (_gavel_v1_Action__Output)[];
  'log_source': (string);
}
