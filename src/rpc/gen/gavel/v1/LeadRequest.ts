// Original file: proto/gavel/v1/placement_service.proto


export interface LeadRequest {
  /**
   * Who asks; the same after a restart.
   */
  'auctioneer'?: (string);
  /**
   * Gives the lead back.
   */
  'resign'?: (boolean);
}

export interface LeadRequest__Output {
  /**
   * Who asks; the same after a restart.
   */
  'auctioneer': (string);
  /**
   * Gives the lead back.
   */
  'resign': (boolean);
}
