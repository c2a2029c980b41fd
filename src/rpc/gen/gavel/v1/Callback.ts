// Original file: proto/gavel/v1/callback_service.proto

import type { CallbackTry as _gavel_v1_CallbackTry, CallbackTry__Output as _gavel_v1_CallbackTry__Output } from '../../gavel/v1/CallbackTry.ts';
import type { Long } from '@grpc/proto-loader';

export interface Callback {
  'task_guid'?: (string);
  'number'?: (number | string | Long);
  /**
   * The webhook-id: equal on each try.
   */
  'webhook_id'?: (string);
  'url'?: (string);
  /**
   * pending, delivered, dead, or taken: a client took the result itself before it was delivered.
   */
  'state'?: (string);
  /**
   * Tries in all.
   */
  'attempts'?: (number);
  /**
   * HTTP status of the last try; 0 = no answer.
   */
  'last_status'?: (number);
  'last_error'?: (string);
  /**
   * UNIX nanoseconds; 0 = at once, or never where the state is not pending.
   */
  'next_attempt_at'?: (number | string | Long);
  /**
   * The newest 20, oldest first.
   */
  'tries'?: (_gavel_v1_CallbackTry)[];
}

export interface Callback__Output {
  'task_guid': (string);
  'number': (string);
  /**
   * The webhook-id: equal on each try.
   */
  'webhook_id': (string);
  'url': (string);
  /**
   * pending, delivered, dead, or taken: a client took the result itself before it was delivered.
   */
  'state': (string);
  /**
   * Tries in all.
   */
  'attempts': (number);
  /**
   * HTTP status of the last try; 0 = no answer.
   */
  'last_status': (number);
  'last_error': (string);
  /**
   * UNIX nanoseconds; 0 = at once, or never where the state is not pending.
   */
  'next_attempt_at': (string);
  /**
   * The newest 20, oldest first.
   */
  'tries': (_gavel_v1_CallbackTry__Output)[];
}
