// Original file: proto/gavel/v1/cell_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';

export interface FetchedTask {
  'task'?: (_gavel_v1_Task | null);
  'verdict'?: (_gavel_v1_Verdict | null);
}

export interface FetchedTask__Output {
  'task': (_gavel_v1_Task__Output | null);
  'verdict': (_gavel_v1_Verdict__Output | null);
}
