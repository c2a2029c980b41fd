// Original file: proto/gavel/v1/action.proto

import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from '../../gavel/v1/EnvironmentVariable.ts';
import type { ResourceLimits as _gavel_v1_ResourceLimits, ResourceLimits__Output as _gavel_v1_ResourceLimits__Output } from '../../gavel/v1/ResourceLimits.ts';
import type { MountedFile as _gavel_v1_MountedFile, MountedFile__Output as _gavel_v1_MountedFile__Output } from '../../gavel/v1/MountedFile.ts';

export interface RunAction {
  /**
   * Program: an absolute path, or a name looked up in the container's PATH.
   */
  'path'?: (string);
  'args'?: (string)[];
  /**
   * Working directory; empty = the image's.
   */
  'dir'?: (string);
  'env'?: (_gavel_v1_EnvironmentVariable)[];
  'resource_limits'?: (_gavel_v1_ResourceLimits | null);
  /**
   * User name or id inside the image; empty = the image's.
   */
  'user'?: (string);
  'log_source'?: (string);
  'suppress_log_output'?: (boolean);
  'volume_mounted_files'?: (_gavel_v1_MountedFile)[];
}

export interface RunAction__Output {
  /**
   * Program: an absolute path, or a name looked up in the container's PATH.
   */
  'path': (string);
  'args': (string)[];
  /**
   * Working directory; empty = the image's.
   */
  'dir': (string);
  'env': (_gavel_v1_EnvironmentVariable__Output)[];
  'resource_limits': (_gavel_v1_ResourceLimits__Output | null);
  /**
   * User name or id inside the image; empty = the image's.
   */
  'user': (string);
  'log_source': (string);
  'suppress_log_output': (boolean);
  'volume_mounted_files': (_gavel_v1_MountedFile__Output)[];
}
