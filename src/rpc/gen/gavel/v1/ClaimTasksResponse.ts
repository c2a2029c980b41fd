// Original file: proto/gavel/v1/placement_service.proto

import type { ClaimVerdict as _gavel_v1_ClaimVerdict, ClaimVerdict__Output as _gavel_v1_ClaimVerdict__Output } from '../../gavel/v1/ClaimVerdict.ts';

export interface ClaimTasksResponse {
  /**
   * Same order as the request.
   */
  'verdicts'?: (_gavel_v1_ClaimVerdict)[];
}

export interface ClaimTasksResponse__Output {
  /**
   * Same order as the request.
   */
  'verdicts': (_gavel_v1_ClaimVerdict__Output)[];
}
