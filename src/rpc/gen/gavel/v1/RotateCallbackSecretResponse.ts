// Original file: proto/gavel/v1/callback_service.proto

import type { Long } from '@grpc/proto-loader';

export interface RotateCallbackSecretResponse {
  /**
   * whsec_... It is told this once.
   */
  'secret'?: (string);
  /**
   * UNIX nanoseconds at which those before sign no more; 0 = there were none.
   */
  'former_until'?: (number | string | Long);
  /**
   * Nothing seals what is in the store (storeKeys): whoever has its files has the secret.
   */
  'stored_in_clear'?: (boolean);
}

export interface RotateCallbackSecretResponse__Output {
  /**
   * whsec_... It is told this once.
   */
  'secret': (string);
  /**
   * UNIX nanoseconds at which those before sign no more; 0 = there were none.
   */
  'former_until': (string);
  /**
   * Nothing seals what is in the store (storeKeys): whoever has its files has the secret.
   */
  'stored_in_clear': (boolean);
}
