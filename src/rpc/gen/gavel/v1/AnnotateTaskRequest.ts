// Original file: proto/gavel/v1/task_service.proto


export interface AnnotateTaskRequest {
  /**
   * Guid or number.
   */
  'task_guid'?: (string);
  /**
   * Set, or put in place of those of the same name.
   */
  'labels'?: ({[key: string]: string});
  'remove_labels'?: (string)[];
  /**
   * Unset = stays as it is.
   */
  'annotation'?: (string);
  '_annotation'?: "annotation";
}

export interface AnnotateTaskRequest__Output {
  /**
   * Guid or number.
   */
  'task_guid': (string);
  /**
   * Set, or put in place of those of the same name.
   */
  'labels': ({[key: string]: string});
  'remove_labels': (string)[];
  /**
   * Unset = stays as it is.
   */
  'annotation'?: (string);
  '_annotation'?: "annotation";
}
