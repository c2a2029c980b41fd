// Original file: proto/gavel/v1/task_service.proto

import type { Long } from '@grpc/proto-loader';

export interface LogEnd {
  'last_sequence'?: (number | string | Long);
  'stdout_bytes'?: (number | string | Long);
  'stderr_bytes'?: (number | string | Long);
  /**
   * Why the stream ends although the task goes on; empty when the task is over.
   */
  'reason'?: (string);
  /**
   * Of all that is kept of the stream (each line and its newline, in order), in hex. Empty while the task goes on, and where lines were
   * lost to a disk.
   */
  'stdout_sha256'?: (string);
  'stderr_sha256'?: (string);
}

export interface LogEnd__Output {
  'last_sequence': (string);
  'stdout_bytes': (string);
  'stderr_bytes': (string);
  /**
   * Why the stream ends although the task goes on; empty when the task is over.
   */
  'reason': (string);
  /**
   * Of all that is kept of the stream (each line and its newline, in order), in hex. Empty while the task goes on, and where lines were
   * lost to a disk.
   */
  'stdout_sha256': (string);
  'stderr_sha256': (string);
}
