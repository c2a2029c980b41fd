// Original file: proto/gavel/v1/cell_service.proto

import type { Resources as _gavel_v1_Resources, Resources__Output as _gavel_v1_Resources__Output } from '../../gavel/v1/Resources.ts';

/**
 * What a cell offers, fixed while it is registered.
 */
export interface CellOffer {
  'cell_id'?: (string);
  'zone'?: (string);
  'stacks'?: (string)[];
  /**
   * Names that `preloaded:NAME` may use here.
   */
  'preloaded_rootfs'?: (string)[];
  /**
   * Schemes of root_fs this cell can run, for example docker.
   */
  'rootfs_schemes'?: (string)[];
  'placement_tags'?: (string)[];
  'optional_placement_tags'?: (string)[];
  'capacity'?: (_gavel_v1_Resources | null);
  /**
   * Of the engine and its parts; `output_store` where other cells can read this one's outputs, too.
   */
  'versions'?: ({[key: string]: string});
}

/**
 * What a cell offers, fixed while it is registered.
 */
export interface CellOffer__Output {
  'cell_id': (string);
  'zone': (string);
  'stacks': (string)[];
  /**
   * Names that `preloaded:NAME` may use here.
   */
  'preloaded_rootfs': (string)[];
  /**
   * Schemes of root_fs this cell can run, for example docker.
   */
  'rootfs_schemes': (string)[];
  'placement_tags': (string)[];
  'optional_placement_tags': (string)[];
  'capacity': (_gavel_v1_Resources__Output | null);
  /**
   * Of the engine and its parts; `output_store` where other cells can read this one's outputs, too.
   */
  'versions': ({[key: string]: string});
}
