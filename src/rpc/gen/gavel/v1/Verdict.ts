// Original file: proto/gavel/v1/cell_service.proto


export interface Verdict {
  /**
   * Empty = done. Else an error code of docs/task-reference.md: stale_attempt, not_found, invalid_transition, unavailable.
   */
  'code'?: (string);
  'message'?: (string);
}

export interface Verdict__Output {
  /**
   * Empty = done. Else an error code of docs/task-reference.md: stale_attempt, not_found, invalid_transition, unavailable.
   */
  'code': (string);
  'message': (string);
}
