// Original file: proto/gavel/v1/hold.proto


/**
 * A client ties tasks to its own life: unless it says again within the time to live that it is there, they are cancelled.
 */
export interface HoldTasksRequest {
  /**
   * Made up by the client, the same in each call of one hold: 8 to 64 letters, digits, - and _.
   */
  'hold_id'?: (string);
  /**
   * All tasks of the hold, by guid.
   */
  'task_guids'?: (string)[];
  /**
   * Who holds; the reason of a cancelled task names it.
   */
  'holder'?: (string);
  /**
   * Ends the hold and leaves the tasks alone.
   */
  'release'?: (boolean);
}

/**
 * A client ties tasks to its own life: unless it says again within the time to live that it is there, they are cancelled.
 */
export interface HoldTasksRequest__Output {
  /**
   * Made up by the client, the same in each call of one hold: 8 to 64 letters, digits, - and _.
   */
  'hold_id': (string);
  /**
   * All tasks of the hold, by guid.
   */
  'task_guids': (string)[];
  /**
   * Who holds; the reason of a cancelled task names it.
   */
  'holder': (string);
  /**
   * Ends the hold and leaves the tasks alone.
   */
  'release': (boolean);
}
