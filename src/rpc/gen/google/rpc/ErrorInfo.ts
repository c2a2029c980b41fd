// Original file: proto/google/rpc/status.proto


/**
 * What a program may want to know of an error beside its words.
 */
export interface ErrorInfo {
  /**
   * The code of docs/task-reference.md.
   */
  'reason'?: (string);
  'domain'?: (string);
  'metadata'?: ({[key: string]: string});
}

/**
 * What a program may want to know of an error beside its words.
 */
export interface ErrorInfo__Output {
  /**
   * The code of docs/task-reference.md.
   */
  'reason': (string);
  'domain': (string);
  'metadata': ({[key: string]: string});
}
