// Original file: proto/gavel/v1/verdict.proto


/**
 * What became of one item of a batch.
 */
export interface Verdict {
  /**
   * Empty = done. Else an error code of docs/task-reference.md: stale_attempt, not_found, invalid_transition, unavailable.
   */
  'code'?: (string);
  'message'?: (string);
}

/**
 * What became of one item of a batch.
 */
export interface Verdict__Output {
  /**
   * Empty = done. Else an error code of docs/task-reference.md: stale_attempt, not_found, invalid_transition, unavailable.
   */
  'code': (string);
  'message': (string);
}
