// Original file: proto/gavel/v1/task.proto

export const TaskState = {
  TASK_STATE_UNSPECIFIED: 'TASK_STATE_UNSPECIFIED',
  PENDING: 'PENDING',
  CLAIMED: 'CLAIMED',
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  RESOLVING: 'RESOLVING',
} as const;

export type TaskState =
  | 'TASK_STATE_UNSPECIFIED'
  | 0
  | 'PENDING'
  | 1
  | 'CLAIMED'
  | 2
  | 'RUNNING'
  | 3
  | 'COMPLETED'
  | 4
  | 'RESOLVING'
  | 5

export type TaskState__Output = typeof TaskState[keyof typeof TaskState]
