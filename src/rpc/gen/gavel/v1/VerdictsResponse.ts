// Original file: proto/gavel/v1/cell_service.proto

import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';

export interface VerdictsResponse {
  'verdicts'?: (_gavel_v1_Verdict)[];
}

export interface VerdictsResponse__Output {
  'verdicts': (_gavel_v1_Verdict__Output)[];
}
