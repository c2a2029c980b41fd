// Original file: proto/gavel/v1/callback_service.proto

import type { Long } from '@grpc/proto-loader';

export interface CallbackSecret {
  /**
   * The beginning of the SHA-256 of the secret's text.
   */
  'fingerprint'?: (string);
  /**
   * UNIX nanoseconds; 0 = it is that of the settings.
   */
  'since'?: (number | string | Long);
  'by'?: (string);
  /**
   * UNIX nanoseconds at which it signs no more; 0 = the present one.
   */
  'until'?: (number | string | Long);
}

export interface CallbackSecret__Output {
  /**
   * The beginning of the SHA-256 of the secret's text.
   */
  'fingerprint': (string);
  /**
   * UNIX nanoseconds; 0 = it is that of the settings.
   */
  'since': (string);
  'by': (string);
  /**
   * UNIX nanoseconds at which it signs no more; 0 = the present one.
   */
  'until': (string);
}
