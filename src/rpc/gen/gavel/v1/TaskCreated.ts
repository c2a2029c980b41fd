// Original file: proto/gavel/v1/task_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';

export interface TaskCreated {
  'task'?: (_gavel_v1_Task | null);
}

export interface TaskCreated__Output {
  'task': (_gavel_v1_Task__Output | null);
}
