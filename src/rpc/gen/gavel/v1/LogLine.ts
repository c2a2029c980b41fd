// Original file: proto/gavel/v1/task_service.proto

import type { Long } from '@grpc/proto-loader';

export interface LogLine {
  /**
   * 1, 2, 3, ... over both streams of a task.
   */
  'sequence'?: (number | string | Long);
  /**
   * UNIX nanoseconds, the cell's clock.
   */
  'time'?: (number | string | Long);
  /**
   * stdout or stderr of the task, or system: said about it by its cell.
   */
  'stream'?: (string);
  'source'?: (string);
  /**
   * The bytes of the line without its newline.
   */
  'text'?: (Buffer | Uint8Array | string);
  /**
   * The line ended with a newline (false: cut for its length, or the output ended without one).
   */
  'newline'?: (boolean);
}

export interface LogLine__Output {
  /**
   * 1, 2, 3, ... over both streams of a task.
   */
  'sequence': (string);
  /**
   * UNIX nanoseconds, the cell's clock.
   */
  'time': (string);
  /**
   * stdout or stderr of the task, or system: said about it by its cell.
   */
  'stream': (string);
  'source': (string);
  /**
   * The bytes of the line without its newline.
   */
  'text': (Buffer);
  /**
   * The line ended with a newline (false: cut for its length, or the output ended without one).
   */
  'newline': (boolean);
}
