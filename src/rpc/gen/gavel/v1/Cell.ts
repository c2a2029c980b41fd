// Original file: proto/gavel/v1/cluster_service.proto

import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from '../../gavel/v1/CellOffer.ts';
import type { Resources as _gavel_v1_Resources, Resources__Output as _gavel_v1_Resources__Output } from '../../gavel/v1/Resources.ts';
import type { Long } from '@grpc/proto-loader';

export interface Cell {
  'offer'?: (_gavel_v1_CellOffer | null);
  'epoch'?: (number | string | Long);
  /**
   * UNIX nanoseconds.
   */
  'registered_at'?: (number | string | Long);
  /**
   * What claimed and running tasks reserve, as the BBS counts it.
   */
  'reserved'?: (_gavel_v1_Resources | null);
  'tasks_claimed'?: (number);
  'tasks_running'?: (number);
  /**
   * ready, draining (still holds tasks), drained (holds none), away (not registered).
   */
  'state'?: (string);
  /**
   * For people: since when it is away, what is done about its tasks. Empty when there is nothing to say.
   */
  'note'?: (string);
  /**
   * When what runs is ended, UNIX nanoseconds; 0 = is not to be drained.
   */
  'drain_deadline'?: (number | string | Long);
}

export interface Cell__Output {
  'offer': (_gavel_v1_CellOffer__Output | null);
  'epoch': (string);
  /**
   * UNIX nanoseconds.
   */
  'registered_at': (string);
  /**
   * What claimed and running tasks reserve, as the BBS counts it.
   */
  'reserved': (_gavel_v1_Resources__Output | null);
  'tasks_claimed': (number);
  'tasks_running': (number);
  /**
   * ready, draining (still holds tasks), drained (holds none), away (not registered).
   */
  'state': (string);
  /**
   * For people: since when it is away, what is done about its tasks. Empty when there is nothing to say.
   */
  'note': (string);
  /**
   * When what runs is ended, UNIX nanoseconds; 0 = is not to be drained.
   */
  'drain_deadline': (string);
}
