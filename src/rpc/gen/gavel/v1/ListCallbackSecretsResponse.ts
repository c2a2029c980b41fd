// Original file: proto/gavel/v1/callback_service.proto

import type { CallbackSecret as _gavel_v1_CallbackSecret, CallbackSecret__Output as _gavel_v1_CallbackSecret__Output } from '../../gavel/v1/CallbackSecret.ts';

export interface ListCallbackSecretsResponse {
  'secrets'?: (_gavel_v1_CallbackSecret)[];
}

export interface ListCallbackSecretsResponse__Output {
  'secrets': (_gavel_v1_CallbackSecret__Output)[];
}
