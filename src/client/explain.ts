import type { ExplainPlacementResponse__Output } from '../rpc/gen/gavel/v1/ExplainPlacementResponse.ts';
import type { PlacementAmounts__Output } from '../rpc/gen/gavel/v1/PlacementAmounts.ts';
import { taskError } from './errors.ts';
import { type TaskView, taskView } from './task-view.ts';

export const VERDICTS = ['fits', 'not_now', 'never_fits', 'placed', 'ended'] as const;
/** fits: placed at once. not_now: when there is room. never_fits: on no cell, not even an empty one. placed, ended: the task is further. */
export type PlacementVerdict = (typeof VERDICTS)[number];

export interface Amounts {
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly containers: number;
}

/** What one cell says to a task. */
export interface CellVerdict {
  readonly cell_id: string;
  /** Empty: it would take the task. Else why not, in a word. */
  readonly code: string;
  readonly asked: Amounts;
  readonly free: Amounts;
  readonly capacity: Amounts;
  readonly note: string;
  /** Lower wins. */
  readonly score?: { readonly load: number; readonly shape: number; readonly total: number };
}

export interface SuggestedChange {
  /** Of the request. */
  readonly field: string;
  readonly from: string;
  readonly to: string;
  /** Which would take it then. */
  readonly cell_id: string;
}

/** Why a task is where it is, or what would become of a request. */
export interface Explanation {
  readonly verdict: PlacementVerdict;
  readonly summary: string;
  /** The fixed text, for example `insufficient resources: memory`; empty when it fits. */
  readonly reason: string;
  /** The best first. */
  readonly cells: readonly CellVerdict[];
  /** The smallest change that would make it fit; together. */
  readonly changes: readonly SuggestedChange[];
  /** 1 = the next one; 0 = does not wait. */
  readonly queue_position: number;
  readonly queue_length: number;
  /** Not there for a dry run. */
  readonly task?: TaskView;
}

export function explanationFromWire(wire: ExplainPlacementResponse__Output): Explanation {
  const verdict = VERDICTS.find((known) => known === wire.verdict);
  if (verdict === undefined) throw taskError('internal', `the server answered the unknown verdict ${wire.verdict}`);
  return {
    verdict,
    summary: wire.summary,
    reason: wire.reason,
    cells: wire.cells.map(({ asked, free, capacity, score, cell_id, code, note }) => ({
      cell_id,
      code,
      note,
      asked: amounts(asked),
      free: amounts(free),
      capacity: amounts(capacity),
      ...(score === null ? {} : { score }),
    })),
    changes: wire.changes,
    queue_position: Number(wire.queue_position),
    queue_length: Number(wire.queue_length),
    ...(wire.task === null ? {} : { task: taskView(wire.task) }),
  };
}

export function amounts(wire: PlacementAmounts__Output | null): Amounts {
  return {
    memory_mb: Number(wire?.memory_mb ?? 0),
    disk_mb: Number(wire?.disk_mb ?? 0),
    containers: wire?.containers ?? 0,
  };
}
