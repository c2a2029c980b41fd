// Original file: proto/gavel/v1/exec.proto

import type { ExecEnd as _gavel_v1_ExecEnd, ExecEnd__Output as _gavel_v1_ExecEnd__Output } from '../../gavel/v1/ExecEnd.ts';

export interface ExecChunk {
  'stdout'?: (Buffer | Uint8Array | string);
  'stderr'?: (Buffer | Uint8Array | string);
  /**
   * The last message.
   */
  'end'?: (_gavel_v1_ExecEnd | null);
  'chunk'?: "stdout"|"stderr"|"end";
}

export interface ExecChunk__Output {
  'stdout'?: (Buffer);
  'stderr'?: (Buffer);
  /**
   * The last message.
   */
  'end'?: (_gavel_v1_ExecEnd__Output | null);
  'chunk'?: "stdout"|"stderr"|"end";
}
