// Original file: proto/gavel/v1/cluster_service.proto

import type { Domain as _gavel_v1_Domain, Domain__Output as _gavel_v1_Domain__Output } from '../../gavel/v1/Domain.ts';

export interface ListDomainsResponse {
  /**
   * By name.
   */
  'domains'?: (_gavel_v1_Domain)[];
}

export interface ListDomainsResponse__Output {
  /**
   * By name.
   */
  'domains': (_gavel_v1_Domain__Output)[];
}
