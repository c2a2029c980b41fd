// Original file: proto/gavel/v1/outputs.proto

import type { Long } from '@grpc/proto-loader';

export interface OutputFile {
  /**
   * The path inside the container without its leading slash; stdout.txt and stderr.txt are the task's output. With a slash at its end:
   * an empty folder.
   */
  'path'?: (string);
  'size'?: (number | string | Long);
  'compressed_size'?: (number | string | Long);
  /**
   * Permission bits.
   */
  'mode'?: (number);
  /**
   * Where a link leads; empty for files. Links are kept as links and never followed.
   */
  'link_target'?: (string);
  /**
   * Of the content, in hex.
   */
  'sha256'?: (string);
  /**
   * UNIX seconds.
   */
  'modified_at'?: (number | string | Long);
}

export interface OutputFile__Output {
  /**
   * The path inside the container without its leading slash; stdout.txt and stderr.txt are the task's output. With a slash at its end:
   * an empty folder.
   */
  'path': (string);
  'size': (string);
  'compressed_size': (string);
  /**
   * Permission bits.
   */
  'mode': (number);
  /**
   * Where a link leads; empty for files. Links are kept as links and never followed.
   */
  'link_target': (string);
  /**
   * Of the content, in hex.
   */
  'sha256': (string);
  /**
   * UNIX seconds.
   */
  'modified_at': (string);
}
