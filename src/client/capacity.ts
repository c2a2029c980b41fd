import type { Task } from '../domain/task.ts';
import { parseTaskSpec, type TaskSpec } from '../platform/task-spec.ts';
import { definitionToWire } from '../rpc/codec.ts';
import type { PlanPlacementResponse__Output } from '../rpc/gen/gavel/v1/PlanPlacementResponse.ts';
import type { Cell } from './cluster.ts';
import type { Connection } from './connection.ts';
import { checking } from './errors.ts';
import { type Amounts, amounts } from './explain.ts';

/** A cell that is to be thought of as there, empty: one more like a registered one, or described. */
export interface AddedCell
  extends Partial<
    Pick<Cell, 'zone' | 'stacks' | 'preloaded_rootfs' | 'rootfs_schemes' | 'placement_tags' | 'optional_placement_tags'>
  > {
  /** A registered cell; then of the rest only the capacity counts. */
  readonly like?: string;
  readonly capacity?: Partial<Amounts>;
  readonly count?: number;
}

export interface PlanOptions {
  /** How many are to be placed; left out = as many as fit, counted up to 10,000. */
  readonly count?: number;
  /** Cells to be left out. */
  readonly without?: readonly string[];
  readonly add?: readonly AddedCell[];
  readonly signal?: AbortSignal;
}

export interface PlannedCell {
  readonly cell_id: string;
  /** Not there: the question added it. */
  readonly added: boolean;
  /** How many it would take. */
  readonly placed: number;
  readonly capacity: Amounts;
  readonly free_before: Amounts;
  readonly free_after: Amounts;
  /** What it says to the next one; empty: it would take it. */
  readonly code: string;
}

/** How many tasks of one kind would be placed now, and what keeps out the next one. */
export interface PlacementPlan {
  readonly fits: number;
  /** 0 = as many as fit. */
  readonly asked: number;
  readonly summary: string;
  /** In a word, as the code of a cell's verdict; empty where all that were asked for fit. */
  readonly binding: string;
  readonly reason: string;
  readonly cells: readonly PlannedCell[];
  /** How many one more empty cell would take, and which one it would be like. */
  readonly one_more_cell: number;
  readonly one_more_like: string;
  /** Tasks that wait already. */
  readonly waiting: number;
}

export async function planPlacement(
  connection: Connection,
  spec: TaskSpec | Task,
  options: PlanOptions,
): Promise<PlacementPlan> {
  const { count = 0, without = [], add = [], signal } = options;
  const definition = checking(() => parseTaskSpec(spec));
  // Neither plays a part; the guid has to be one all the same.
  const request = definitionToWire({ ...definition, task_guid: definition.task_guid || 'plan', request_key: '' });
  const added = add.map(({ like = '', count: many = 0, capacity = {}, ...offer }) => ({
    like,
    count: many,
    offer: { ...mutable(offer), capacity },
  }));
  const call = connection.call(signal);
  const answer = await connection.tasks.PlanPlacement({ request, count, without: [...without], add: added }, call);
  return planFromWire(answer);
}

/** The wire's lists are writable in type only. */
function mutable(offer: Omit<AddedCell, 'like' | 'count' | 'capacity'>) {
  return Object.fromEntries(
    Object.entries(offer).map(([name, value]) => [name, Array.isArray(value) ? [...(value as string[])] : value]),
  );
}

function planFromWire({ cells, waiting, ...plan }: PlanPlacementResponse__Output): PlacementPlan {
  return {
    ...plan,
    waiting: Number(waiting),
    cells: cells.map(({ capacity, free_before, free_after, ...cell }) => ({
      ...cell,
      capacity: amounts(capacity),
      free_before: amounts(free_before),
      free_after: amounts(free_after),
    })),
  };
}
