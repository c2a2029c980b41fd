// Original file: proto/gavel/v1/action.proto

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from '../../gavel/v1/Action.ts';

export interface EmitProgressAction {
  'action'?: (_gavel_v1_Action | null);
  'start_message'?: (string);
  'success_message'?: (string);
  'failure_message_prefix'?: (string);
  'log_source'?: (string);
}

export interface EmitProgressAction__Output {
  'action': (_gavel_v1_Action__Output | null);
  'start_message': (string);
  'success_message': (string);
  'failure_message_prefix': (string);
  'log_source': (string);
}
