// Original file: proto/gavel/v1/action.proto

import type { DownloadAction as _gavel_v1_DownloadAction, DownloadAction__Output as _gavel_v1_DownloadAction__Output } from '../../gavel/v1/DownloadAction.ts';
import type { UploadAction as _gavel_v1_UploadAction, UploadAction__Output as _gavel_v1_UploadAction__Output } from '../../gavel/v1/UploadAction.ts';
import type { RunAction as _gavel_v1_RunAction, RunAction__Output as _gavel_v1_RunAction__Output } from '../../gavel/v1/RunAction.ts';
import type { TimeoutAction as _gavel_v1_TimeoutAction, TimeoutAction__Output as _gavel_v1_TimeoutAction__Output } from '../../gavel/v1/TimeoutAction.ts';
import type { EmitProgressAction as _gavel_v1_EmitProgressAction, EmitProgressAction__Output as _gavel_v1_EmitProgressAction__Output } from '../../gavel/v1/EmitProgressAction.ts';
import type { TryAction as _gavel_v1_TryAction, TryAction__Output as _gavel_v1_TryAction__Output } from '../../gavel/v1/TryAction.ts';
import type { ParallelAction as _gavel_v1_ParallelAction, ParallelAction__Output as _gavel_v1_ParallelAction__Output } from '../../gavel/v1/ParallelAction.ts';
import type { SerialAction as _gavel_v1_SerialAction, SerialAction__Output as _gavel_v1_SerialAction__Output } from '../../gavel/v1/SerialAction.ts';
import type { CodependentAction as _gavel_v1_CodependentAction, CodependentAction__Output as _gavel_v1_CodependentAction__Output } from '../../gavel/v1/CodependentAction.ts';

/**
 * One step of a task's work, or a combination of steps. Exactly one kind is set. JSON form: {"run": {...}}.
 */
export interface Action {
  'download'?: (_gavel_v1_DownloadAction | null);
  'upload'?: (_gavel_v1_UploadAction | null);
  'run'?: (_gavel_v1_RunAction | null);
  'timeout'?: (_gavel_v1_TimeoutAction | null);
  'emit_progress'?: (_gavel_v1_EmitProgressAction | null);
  'try'?: (_gavel_v1_TryAction | null);
  'parallel'?: (_gavel_v1_ParallelAction | null);
  'serial'?: (_gavel_v1_SerialAction | null);
  'codependent'?: (_gavel_v1_CodependentAction | null);
  'kind'?: "download"|"upload"|"run"|"timeout"|"emit_progress"|"try"|"parallel"|"serial"|"codependent";
}

/**
 * One step of a task's work, or a combination of steps. Exactly one kind is set. JSON form: {"run": {...}}.
 */
export interface Action__Output {
  'download'?: (_gavel_v1_DownloadAction__Output | null);
  'upload'?: (_gavel_v1_UploadAction__Output | null);
  'run'?: (_gavel_v1_RunAction__Output | null);
  'timeout'?: (_gavel_v1_TimeoutAction__Output | null);
  'emit_progress'?: (_gavel_v1_EmitProgressAction__Output | null);
  'try'?: (_gavel_v1_TryAction__Output | null);
  'parallel'?: (_gavel_v1_ParallelAction__Output | null);
  'serial'?: (_gavel_v1_SerialAction__Output | null);
  'codependent'?: (_gavel_v1_CodependentAction__Output | null);
  'kind'?: "download"|"upload"|"run"|"timeout"|"emit_progress"|"try"|"parallel"|"serial"|"codependent";
}
