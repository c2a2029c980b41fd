// Original file: proto/gavel/v1/task_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';

export interface TaskChanged {
  'before'?: (_gavel_v1_Task | null);
  'after'?: (_gavel_v1_Task | null);
}

export interface TaskChanged__Output {
  'before': (_gavel_v1_Task__Output | null);
  'after': (_gavel_v1_Task__Output | null);
}
