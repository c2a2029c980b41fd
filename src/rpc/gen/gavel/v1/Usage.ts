// Original file: proto/gavel/v1/task.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { Long } from '@grpc/proto-loader';

export interface Usage {
  'cpu_time'?: (_google_protobuf_Duration | null);
  'peak_memory_bytes'?: (number | string | Long);
  'disk_bytes'?: (number | string | Long);
  /**
   * From the start of the process to its end.
   */
  'run_time'?: (_google_protobuf_Duration | null);
}

export interface Usage__Output {
  'cpu_time': (_google_protobuf_Duration__Output | null);
  'peak_memory_bytes': (string);
  'disk_bytes': (string);
  /**
   * From the start of the process to its end.
   */
  'run_time': (_google_protobuf_Duration__Output | null);
}
