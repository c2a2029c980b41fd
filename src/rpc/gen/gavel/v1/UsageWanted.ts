// Original file: proto/gavel/v1/usage.proto


/**
 * A question to a cell about everything that runs there.
 */
export interface UsageWanted {
  /**
   * Only of this attempt; empty = of all.
   */
  'attempt'?: (string);
}

/**
 * A question to a cell about everything that runs there.
 */
export interface UsageWanted__Output {
  /**
   * Only of this attempt; empty = of all.
   */
  'attempt': (string);
}
