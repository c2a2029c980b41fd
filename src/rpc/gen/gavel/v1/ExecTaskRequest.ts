// Original file: proto/gavel/v1/exec.proto

import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from '../../gavel/v1/EnvironmentVariable.ts';

export interface ExecTaskRequest {
  /**
   * Guid or number.
   */
  'task_guid'?: (string);
  /**
   * Absolute, or searched for in the PATH of the task.
   */
  'path'?: (string);
  'args'?: (string)[];
  /**
   * On top of the task's own.
   */
  'env'?: (_gavel_v1_EnvironmentVariable)[];
  /**
   * Empty = the container's own.
   */
  'dir'?: (string);
  /**
   * Empty = the task's.
   */
  'user'?: (string);
}

export interface ExecTaskRequest__Output {
  /**
   * Guid or number.
   */
  'task_guid': (string);
  /**
   * Absolute, or searched for in the PATH of the task.
   */
  'path': (string);
  'args': (string)[];
  /**
   * On top of the task's own.
   */
  'env': (_gavel_v1_EnvironmentVariable__Output)[];
  /**
   * Empty = the container's own.
   */
  'dir': (string);
  /**
   * Empty = the task's.
   */
  'user': (string);
}
