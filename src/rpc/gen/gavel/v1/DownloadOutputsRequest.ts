// Original file: proto/gavel/v1/outputs.proto

import type { Long } from '@grpc/proto-loader';

export interface DownloadOutputsRequest {
  'task_guid'?: (string);
  /**
   * Files, or folders with all that is below them; empty = the archive itself as one file.
   */
  'names'?: (string)[];
  /**
   * Begin behind so many bytes of the first file.
   */
  'offset'?: (number | string | Long);
}

export interface DownloadOutputsRequest__Output {
  'task_guid': (string);
  /**
   * Files, or folders with all that is below them; empty = the archive itself as one file.
   */
  'names': (string)[];
  /**
   * Begin behind so many bytes of the first file.
   */
  'offset': (string);
}
