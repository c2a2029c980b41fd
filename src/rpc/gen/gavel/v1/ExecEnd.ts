// Original file: proto/gavel/v1/exec.proto


export interface ExecEnd {
  'exit_code'?: (number);
  /**
   * Why nothing ran (no such command, user or folder); empty otherwise.
   */
  'error'?: (string);
}

export interface ExecEnd__Output {
  'exit_code': (number);
  /**
   * Why nothing ran (no such command, user or folder); empty otherwise.
   */
  'error': (string);
}
