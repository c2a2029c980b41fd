// Original file: proto/gavel/v1/inputs.proto


/**
 * The input of a task with an input_dir: first of all the task, then the bytes of one archive (tar or gzip of a tar) in order, at the end
 * their sum. Without the sum nothing has arrived, and the task waits on.
 */
export interface InputPiece {
  /**
   * Guid, number or unique beginning of a guid.
   */
  'task_guid'?: (string);
  /**
   * At most 1 MiB each.
   */
  'data'?: (Buffer | Uint8Array | string);
  /**
   * Of all bytes, in hex.
   */
  'sha256'?: (string);
  'piece'?: "task_guid"|"data"|"sha256";
}

/**
 * The input of a task with an input_dir: first of all the task, then the bytes of one archive (tar or gzip of a tar) in order, at the end
 * their sum. Without the sum nothing has arrived, and the task waits on.
 */
export interface InputPiece__Output {
  /**
   * Guid, number or unique beginning of a guid.
   */
  'task_guid'?: (string);
  /**
   * At most 1 MiB each.
   */
  'data'?: (Buffer);
  /**
   * Of all bytes, in hex.
   */
  'sha256'?: (string);
  'piece'?: "task_guid"|"data"|"sha256";
}
