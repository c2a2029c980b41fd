// Original file: proto/gavel/v1/usage.proto

import type { TaskUsage as _gavel_v1_TaskUsage, TaskUsage__Output as _gavel_v1_TaskUsage__Output } from '../../gavel/v1/TaskUsage.ts';

export interface ListUsageResponse {
  /**
   * By cell, then by task number.
   */
  'usages'?: (_gavel_v1_TaskUsage)[];
  /**
   * Cells that could not be asked, and why.
   */
  'notes'?: (string)[];
}

export interface ListUsageResponse__Output {
  /**
   * By cell, then by task number.
   */
  'usages': (_gavel_v1_TaskUsage__Output)[];
  /**
   * Cells that could not be asked, and why.
   */
  'notes': (string)[];
}
