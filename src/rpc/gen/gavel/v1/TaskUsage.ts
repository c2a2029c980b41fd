// Original file: proto/gavel/v1/usage.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What a container uses at one moment. What the cell cannot measure is unset.
 */
export interface TaskUsage {
  'task_guid'?: (string);
  'number'?: (number | string | Long);
  'cell_id'?: (string);
  'attempt'?: (string);
  /**
   * UNIX nanoseconds, the cell's clock, when it was measured.
   */
  'measured_at'?: (number | string | Long);
  /**
   * Of all processes so far.
   */
  'cpu_nanoseconds'?: (number | string | Long);
  /**
   * With the page cache, as the limit counts it.
   */
  'memory_bytes'?: (number | string | Long);
  'peak_memory_bytes'?: (number | string | Long);
  /**
   * What it wrote; the image does not count.
   */
  'disk_bytes'?: (number | string | Long);
  /**
   * Processes and threads.
   */
  'pids'?: (number);
  /**
   * Of the task; 0 = none.
   */
  'memory_mb'?: (number);
  'disk_mb'?: (number);
  'max_pids'?: (number);
  /**
   * UNIX nanoseconds.
   */
  'started_at'?: (number | string | Long);
  '_cpu_nanoseconds'?: "cpu_nanoseconds";
  '_memory_bytes'?: "memory_bytes";
  '_peak_memory_bytes'?: "peak_memory_bytes";
  '_disk_bytes'?: "disk_bytes";
  '_pids'?: "pids";
}

/**
 * What a container uses at one moment. What the cell cannot measure is unset.
 */
export interface TaskUsage__Output {
  'task_guid': (string);
  'number': (string);
  'cell_id': (string);
  'attempt': (string);
  /**
   * UNIX nanoseconds, the cell's clock, when it was measured.
   */
  'measured_at': (string);
  /**
   * Of all processes so far.
   */
  'cpu_nanoseconds'?: (string);
  /**
   * With the page cache, as the limit counts it.
   */
  'memory_bytes'?: (string);
  'peak_memory_bytes'?: (string);
  /**
   * What it wrote; the image does not count.
   */
  'disk_bytes'?: (string);
  /**
   * Processes and threads.
   */
  'pids'?: (number);
  /**
   * Of the task; 0 = none.
   */
  'memory_mb': (number);
  'disk_mb': (number);
  'max_pids': (number);
  /**
   * UNIX nanoseconds.
   */
  'started_at': (string);
  '_cpu_nanoseconds'?: "cpu_nanoseconds";
  '_memory_bytes'?: "memory_bytes";
  '_peak_memory_bytes'?: "peak_memory_bytes";
  '_disk_bytes'?: "disk_bytes";
  '_pids'?: "pids";
}
