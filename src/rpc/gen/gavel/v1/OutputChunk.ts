// Original file: proto/gavel/v1/outputs.proto

import type { OutputStart as _gavel_v1_OutputStart, OutputStart__Output as _gavel_v1_OutputStart__Output } from '../../gavel/v1/OutputStart.ts';
import type { OutputEnd as _gavel_v1_OutputEnd, OutputEnd__Output as _gavel_v1_OutputEnd__Output } from '../../gavel/v1/OutputEnd.ts';

/**
 * Of each file a start, its bytes and an end, file after file.
 */
export interface OutputChunk {
  'start'?: (_gavel_v1_OutputStart | null);
  'data'?: (Buffer | Uint8Array | string);
  'end'?: (_gavel_v1_OutputEnd | null);
  'chunk'?: "start"|"data"|"end";
}

/**
 * Of each file a start, its bytes and an end, file after file.
 */
export interface OutputChunk__Output {
  'start'?: (_gavel_v1_OutputStart__Output | null);
  'data'?: (Buffer);
  'end'?: (_gavel_v1_OutputEnd__Output | null);
  'chunk'?: "start"|"data"|"end";
}
