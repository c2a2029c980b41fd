// Original file: proto/gavel/v1/cell_service.proto


/**
 * Which task, which life of it, which placement.
 */
export interface TaskClaim {
  'task_guid'?: (string);
  'attempt'?: (string);
}

/**
 * Which task, which life of it, which placement.
 */
export interface TaskClaim__Output {
  'task_guid': (string);
  'attempt': (string);
}
