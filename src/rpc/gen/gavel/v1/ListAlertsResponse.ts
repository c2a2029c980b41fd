// Original file: proto/gavel/v1/alert_service.proto

import type { AlertRule as _gavel_v1_AlertRule, AlertRule__Output as _gavel_v1_AlertRule__Output } from '../../gavel/v1/AlertRule.ts';

export interface ListAlertsResponse {
  'rules'?: (_gavel_v1_AlertRule)[];
}

export interface ListAlertsResponse__Output {
  'rules': (_gavel_v1_AlertRule__Output)[];
}
