// Original file: proto/gavel/v1/cluster_service.proto

import type { Cell as _gavel_v1_Cell, Cell__Output as _gavel_v1_Cell__Output } from '../../gavel/v1/Cell.ts';
import type { Long } from '@grpc/proto-loader';

export interface ListCellsResponse {
  'cells'?: (_gavel_v1_Cell)[];
  /**
   * The server's clock, UNIX nanoseconds.
   */
  'now'?: (number | string | Long);
}

export interface ListCellsResponse__Output {
  'cells': (_gavel_v1_Cell__Output)[];
  /**
   * The server's clock, UNIX nanoseconds.
   */
  'now': (string);
}
