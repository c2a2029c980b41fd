// Original file: proto/gavel/v1/verdict.proto

import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';

/**
 * One for each item, in their order.
 */
export interface VerdictsResponse {
  'verdicts'?: (_gavel_v1_Verdict)[];
}

/**
 * One for each item, in their order.
 */
export interface VerdictsResponse__Output {
  'verdicts': (_gavel_v1_Verdict__Output)[];
}
