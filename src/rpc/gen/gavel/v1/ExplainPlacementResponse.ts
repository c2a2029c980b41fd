// Original file: proto/gavel/v1/explain.proto

import type { CellVerdict as _gavel_v1_CellVerdict, CellVerdict__Output as _gavel_v1_CellVerdict__Output } from '../../gavel/v1/CellVerdict.ts';
import type { SuggestedChange as _gavel_v1_SuggestedChange, SuggestedChange__Output as _gavel_v1_SuggestedChange__Output } from '../../gavel/v1/SuggestedChange.ts';
import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { Long } from '@grpc/proto-loader';

export interface ExplainPlacementResponse {
  /**
   * fits: some cell would take it now. not_now: one could when it had room. never_fits: none could even when empty.
   * For a task that is placed or over: placed or ended; `cells` then say what they would say to the like of it now.
   */
  'verdict'?: (string);
  /**
   * One sentence for people.
   */
  'summary'?: (string);
  /**
   * The fixed text that clients match, for example "insufficient resources: memory"; empty when it fits.
   */
  'reason'?: (string);
  /**
   * The best first, then by cell id.
   */
  'cells'?: (_gavel_v1_CellVerdict)[];
  /**
   * The smallest change that would make it fit; several fields are to be changed together.
   */
  'changes'?: (_gavel_v1_SuggestedChange)[];
  /**
   * The record; unset for a dry run.
   */
  'task'?: (_gavel_v1_Task | null);
  /**
   * 1 = the next one; 0 = does not wait.
   */
  'queue_position'?: (number | string | Long);
  'queue_length'?: (number | string | Long);
}

export interface ExplainPlacementResponse__Output {
  /**
   * fits: some cell would take it now. not_now: one could when it had room. never_fits: none could even when empty.
   * For a task that is placed or over: placed or ended; `cells` then say what they would say to the like of it now.
   */
  'verdict': (string);
  /**
   * One sentence for people.
   */
  'summary': (string);
  /**
   * The fixed text that clients match, for example "insufficient resources: memory"; empty when it fits.
   */
  'reason': (string);
  /**
   * The best first, then by cell id.
   */
  'cells': (_gavel_v1_CellVerdict__Output)[];
  /**
   * The smallest change that would make it fit; several fields are to be changed together.
   */
  'changes': (_gavel_v1_SuggestedChange__Output)[];
  /**
   * The record; unset for a dry run.
   */
  'task': (_gavel_v1_Task__Output | null);
  /**
   * 1 = the next one; 0 = does not wait.
   */
  'queue_position': (string);
  'queue_length': (string);
}
