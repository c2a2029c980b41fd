// Original file: proto/gavel/v1/placement_service.proto

import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from '../../gavel/v1/CellOffer.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * A registered cell, whether it has joined this auctioneer or not.
 */
export interface CellKnown {
  'offer'?: (_gavel_v1_CellOffer | null);
  'epoch'?: (number | string | Long);
}

/**
 * A registered cell, whether it has joined this auctioneer or not.
 */
export interface CellKnown__Output {
  'offer': (_gavel_v1_CellOffer__Output | null);
  'epoch': (string);
}
