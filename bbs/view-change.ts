import type { LiveTask } from './live-task.ts';
import type { CellRecord, DrainRecord, OutboxRecord } from './records.ts';

export interface LiveCell {
  readonly record: CellRecord;
  /** Create revision of its key: the fencing number. */
  readonly epoch: number;
}

/** One change of a task or a cell, in the order of the store. */
export type ViewChange =
  | {
      readonly kind: 'task';
      readonly cursor: string;
      readonly guid: string;
      readonly before: LiveTask | undefined;
      readonly after: LiveTask | undefined;
    }
  | {
      readonly kind: 'cell';
      readonly cursor: string;
      readonly id: string;
      readonly before: LiveCell | undefined;
      readonly after: LiveCell | undefined;
    }
  | { readonly kind: 'outbox'; readonly uid: string; readonly after: OutboxRecord | undefined }
  | { readonly kind: 'drain'; readonly id: string; readonly after: DrainRecord | undefined }
  /**
   * The watch broke beyond repair and the view was read anew: what happened in between is not known change by change. With
   * `wentBackFrom` the store itself stands at an older revision than that one, which was seen here.
   */
  | { readonly kind: 'reset'; readonly wentBackFrom?: number };

export type ViewListener = (change: ViewChange) => void;
