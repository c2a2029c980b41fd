// Original file: proto/gavel/v1/auction_service.proto

import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from '../../gavel/v1/CellOffer.ts';
import type { Resources as _gavel_v1_Resources, Resources__Output as _gavel_v1_Resources__Output } from '../../gavel/v1/Resources.ts';
import type { Long } from '@grpc/proto-loader';

export interface CellSummary {
  'offer'?: (_gavel_v1_CellOffer | null);
  'epoch'?: (number | string | Long);
  'free'?: (_gavel_v1_Resources | null);
  /**
   * Sum of the cpu weights of what is reserved.
   */
  'cpu_weight_reserved'?: (number | string | Long);
  /**
   * Takes no new work (draining, unhealthy); the reason is for people.
   */
  'closed'?: (boolean);
  'closed_reason'?: (string);
  /**
   * Attempts whose share `free` accounts for since the summary before, booked or refused; in a stream's first summary all that are
   * held. Until then the auctioneer takes off their share itself.
   */
  'accounted'?: (string)[];
}

export interface CellSummary__Output {
  'offer': (_gavel_v1_CellOffer__Output | null);
  'epoch': (string);
  'free': (_gavel_v1_Resources__Output | null);
  /**
   * Sum of the cpu weights of what is reserved.
   */
  'cpu_weight_reserved': (string);
  /**
   * Takes no new work (draining, unhealthy); the reason is for people.
   */
  'closed': (boolean);
  'closed_reason': (string);
  /**
   * Attempts whose share `free` accounts for since the summary before, booked or refused; in a stream's first summary all that are
   * held. Until then the auctioneer takes off their share itself.
   */
  'accounted': (string)[];
}
