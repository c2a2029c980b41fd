// Original file: proto/gavel/v1/usage.proto

import type { TaskUsage as _gavel_v1_TaskUsage, TaskUsage__Output as _gavel_v1_TaskUsage__Output } from '../../gavel/v1/TaskUsage.ts';

export interface UsageReport {
  'usages'?: (_gavel_v1_TaskUsage)[];
}

export interface UsageReport__Output {
  'usages': (_gavel_v1_TaskUsage__Output)[];
}
