// Original file: proto/gavel/v1/outputs.proto

import type { OutputFile as _gavel_v1_OutputFile, OutputFile__Output as _gavel_v1_OutputFile__Output } from '../../gavel/v1/OutputFile.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * What a run left behind, sealed when it was over.
 */
export interface OutputsInfo {
  'task_guid'?: (string);
  'attempt'?: (string);
  /**
   * The archive as it lies in its store: a ZIP file.
   */
  'archive_bytes'?: (number | string | Long);
  'archive_sha256'?: (string);
  /**
   * Of all files, before compression.
   */
  'total_bytes'?: (number | string | Long);
  'files'?: (_gavel_v1_OutputFile)[];
  /**
   * What was asked for and is not here, each with the reason.
   */
  'notes'?: (string)[];
  /**
   * UNIX nanoseconds.
   */
  'sealed_at'?: (number | string | Long);
}

/**
 * What a run left behind, sealed when it was over.
 */
export interface OutputsInfo__Output {
  'task_guid': (string);
  'attempt': (string);
  /**
   * The archive as it lies in its store: a ZIP file.
   */
  'archive_bytes': (string);
  'archive_sha256': (string);
  /**
   * Of all files, before compression.
   */
  'total_bytes': (string);
  'files': (_gavel_v1_OutputFile__Output)[];
  /**
   * What was asked for and is not here, each with the reason.
   */
  'notes': (string)[];
  /**
   * UNIX nanoseconds.
   */
  'sealed_at': (string);
}
