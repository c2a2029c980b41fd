// Original file: proto/gavel/v1/explain.proto


export interface SuggestedChange {
  /**
   * Of the request, for example memory_mb.
   */
  'field'?: (string);
  'from'?: (string);
  'to'?: (string);
  /**
   * The cell that would take it then.
   */
  'cell_id'?: (string);
}

export interface SuggestedChange__Output {
  /**
   * Of the request, for example memory_mb.
   */
  'field': (string);
  'from': (string);
  'to': (string);
  /**
   * The cell that would take it then.
   */
  'cell_id': (string);
}
