// Original file: proto/gavel/v1/cluster_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';

export interface Domain {
  'domain'?: (string);
  /**
   * Live tasks, by state; every state is there.
   */
  'tasks'?: ({[key: string]: number});
  /**
   * As it was set; unset = as for all others.
   */
  'retention'?: (_google_protobuf_Duration | null);
  'retention_in_force'?: (_google_protobuf_Duration | null);
  'max_pending'?: (number);
}

export interface Domain__Output {
  'domain': (string);
  /**
   * Live tasks, by state; every state is there.
   */
  'tasks': ({[key: string]: number});
  /**
   * As it was set; unset = as for all others.
   */
  'retention': (_google_protobuf_Duration__Output | null);
  'retention_in_force': (_google_protobuf_Duration__Output | null);
  'max_pending': (number);
}
