// Original file: proto/gavel/v1/exec.proto

import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from '../../gavel/v1/EnvironmentVariable.ts';

/**
 * The same question to a cell, with who asks.
 */
export interface ExecWanted {
  'path'?: (string);
  'args'?: (string)[];
  'env'?: (_gavel_v1_EnvironmentVariable)[];
  'dir'?: (string);
  'user'?: (string);
  'by'?: (string);
}

/**
 * The same question to a cell, with who asks.
 */
export interface ExecWanted__Output {
  'path': (string);
  'args': (string)[];
  'env': (_gavel_v1_EnvironmentVariable__Output)[];
  'dir': (string);
  'user': (string);
  'by': (string);
}
