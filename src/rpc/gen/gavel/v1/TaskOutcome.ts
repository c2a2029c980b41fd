// Original file: proto/gavel/v1/cell_service.proto

import type { Usage as _gavel_v1_Usage, Usage__Output as _gavel_v1_Usage__Output } from '../../gavel/v1/Usage.ts';
import type { Long } from '@grpc/proto-loader';

export interface TaskOutcome {
  'outcome'?: (string);
  'failure_reason'?: (string);
  'failure_code'?: (string);
  'exit_code'?: (number);
  'oom_killed'?: (boolean);
  'result'?: (Buffer | Uint8Array | string);
  'result_truncated'?: (boolean);
  'result_bytes'?: (number | string | Long);
  'usage'?: (_gavel_v1_Usage | null);
  '_exit_code'?: "exit_code";
}

export interface TaskOutcome__Output {
  'outcome': (string);
  'failure_reason': (string);
  'failure_code': (string);
  'exit_code'?: (number);
  'oom_killed': (boolean);
  'result': (Buffer);
  'result_truncated': (boolean);
  'result_bytes': (string);
  'usage': (_gavel_v1_Usage__Output | null);
  '_exit_code'?: "exit_code";
}
