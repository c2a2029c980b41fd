import { DomainError } from '../../src/domain/errors.ts';
import type { Task, TaskDefinition } from '../../src/domain/task.ts';
import { requireValid } from '../../src/domain/validate.ts';
import { definitionFromWire, taskToWire } from '../../src/rpc/codec.ts';
import type { ExplainPlacementRequest__Output } from '../../src/rpc/gen/gavel/v1/ExplainPlacementRequest.ts';
import type { ExplainPlacementResponse } from '../../src/rpc/gen/gavel/v1/ExplainPlacementResponse.ts';
import { type Explanation, explainRequest, explainTask } from '../explain.ts';
import type { View } from '../view.ts';

/** What a request, or a task of `find`, is told. The record is left as it is: each edge has its own form of it. */
export interface Explained {
  readonly explanation: Explanation;
  /** Undefined for a dry run. */
  readonly task: Task | undefined;
}

/** @throws DomainError `invalid_argument` with every fault of the request. */
export function explainDryRun(view: View, definition: TaskDefinition): Explained {
  requireValid(definition);
  return { explanation: explainRequest(view, definition), task: undefined };
}

export function explainFound(view: View, task: Task): Explained {
  const live = view.task(task.task_guid);
  const found = live?.status.uid === task.uid ? live : undefined;
  return { explanation: explainTask(view, task, found), task };
}

export async function explainPlacement(
  view: View,
  { task_guid, request }: ExplainPlacementRequest__Output,
  find: (id: string) => Promise<Task>,
): Promise<ExplainPlacementResponse> {
  if (request !== null && task_guid !== '')
    throw new DomainError('invalid_argument', 'give a task_guid or a request, not both');
  const explained =
    request === null ? explainFound(view, await find(task_guid)) : explainDryRun(view, definitionFromWire(request));
  return { ...explanationFields(explained), task: explained.task === undefined ? null : taskToWire(explained.task) };
}

/** An explanation under the names of the wire, without its record. */
export function explanationFields({ explanation }: Explained) {
  const { verdict, summary, reason, queuePosition, queueLength } = explanation;
  const amounts = ({ memoryMb, diskMb, containers }: Explanation['cells'][number]['asked']) => ({
    memory_mb: memoryMb,
    disk_mb: diskMb,
    containers,
  });
  return {
    verdict,
    summary,
    reason,
    cells: explanation.cells.map(({ cellId, code, note, asked, free, capacity, score }) => ({
      cell_id: cellId,
      code,
      note,
      asked: amounts(asked),
      free: amounts(free),
      capacity: amounts(capacity),
      score: score ?? null,
    })),
    changes: explanation.changes.map(({ field, from, to, cellId }) => ({ field, from, to, cell_id: cellId })),
    queue_position: queuePosition,
    queue_length: queueLength,
  };
}
