// Original file: proto/gavel/v1/cell_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

/**
 * Whether an operator wants the cell empty.
 */
export interface DrainState {
  'draining'?: (boolean);
  /**
   * What still runs when this is over is ended. Unset where it is not draining.
   */
  'left'?: (_google_protobuf_Duration | null);
}

/**
 * Whether an operator wants the cell empty.
 */
export interface DrainState__Output {
  'draining': (boolean);
  /**
   * What still runs when this is over is ended. Unset where it is not draining.
   */
  'left': (_google_protobuf_Duration__Output | null);
}
