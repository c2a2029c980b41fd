// Original file: proto/gavel/v1/cluster_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface DrainCellRequest {
  'cell_id'?: (string);
  /**
   * For what runs; 0 = end it now. Unset = 10 minutes.
   */
  'deadline'?: (_google_protobuf_Duration | null);
}

export interface DrainCellRequest__Output {
  'cell_id': (string);
  /**
   * For what runs; 0 = end it now. Unset = 10 minutes.
   */
  'deadline': (_google_protobuf_Duration__Output | null);
}
