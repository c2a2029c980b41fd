// Original file: proto/gavel/v1/timeline.proto

import type { Long } from '@grpc/proto-loader';

/**
 * One step of a task's life. Times are of the actor's own clock; the order is that of cause and effect.
 */
export interface TimelineEvent {
  /**
   * 1, 2, 3, ... in one answer.
   */
  'sequence'?: (number | string | Long);
  /**
   * UNIX nanoseconds.
   */
  'time'?: (number | string | Long);
  /**
   * Who did it: the client's name, a cell's id, `auctioneer` or `bbs`.
   */
  'actor'?: (string);
  /**
   * client, auctioneer, bbs, rep, runtime, action, outputs or callback.
   */
  'component'?: (string);
  /**
   * One word for programs; docs/task-reference.md lists them.
   */
  'kind'?: (string);
  /**
   * For people.
   */
  'text'?: (string);
  /**
   * The coded reason, where there is one.
   */
  'cause'?: (string);
  'data'?: ({[key: string]: string});
  /**
   * The placement it belongs to; empty for what concerns the task as a whole.
   */
  'attempt'?: (string);
}

/**
 * One step of a task's life. Times are of the actor's own clock; the order is that of cause and effect.
 */
export interface TimelineEvent__Output {
  /**
   * 1, 2, 3, ... in one answer.
   */
  'sequence': (string);
  /**
   * UNIX nanoseconds.
   */
  'time': (string);
  /**
   * Who did it: the client's name, a cell's id, `auctioneer` or `bbs`.
   */
  'actor': (string);
  /**
   * client, auctioneer, bbs, rep, runtime, action, outputs or callback.
   */
  'component': (string);
  /**
   * One word for programs; docs/task-reference.md lists them.
   */
  'kind': (string);
  /**
   * For people.
   */
  'text': (string);
  /**
   * The coded reason, where there is one.
   */
  'cause': (string);
  'data': ({[key: string]: string});
  /**
   * The placement it belongs to; empty for what concerns the task as a whole.
   */
  'attempt': (string);
}
