// Original file: proto/gavel/v1/placement_service.proto

import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from '../../gavel/v1/Verdict.ts';

export interface ClaimVerdict {
  'verdict'?: (_gavel_v1_Verdict | null);
  'attempt'?: (string);
}

export interface ClaimVerdict__Output {
  'verdict': (_gavel_v1_Verdict__Output | null);
  'attempt': (string);
}
