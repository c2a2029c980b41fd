// Original file: proto/gavel/v1/placement_service.proto


export interface RejectItem {
  'task_guid'?: (string);
  'uid'?: (string);
  'reason'?: (string);
  /**
   * True: fails the task at once (unplaced). False: it waits on, with this reason shown.
   */
  'never_fits'?: (boolean);
}

export interface RejectItem__Output {
  'task_guid': (string);
  'uid': (string);
  'reason': (string);
  /**
   * True: fails the task at once (unplaced). False: it waits on, with this reason shown.
   */
  'never_fits': (boolean);
}
