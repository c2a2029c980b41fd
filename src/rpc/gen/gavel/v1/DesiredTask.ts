// Original file: proto/gavel/v1/task_service.proto

import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';

export interface DesiredTask {
  /**
   * Set when it is durable.
   */
  'task'?: (_gavel_v1_Task | null);
  /**
   * Set when it is not.
   */
  'refusal'?: (_gavel_v1_Verdict | null);
}

export interface DesiredTask__Output {
  /**
   * Set when it is durable.
   */
  'task': (_gavel_v1_Task__Output | null);
  /**
   * Set when it is not.
   */
  'refusal': (_gavel_v1_Verdict__Output | null);
}
