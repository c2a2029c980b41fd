import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { requireValid } from '../../src/domain/validate.ts';
import { definitionFromWire, taskToWire } from '../../src/rpc/codec.ts';
import type { ExplainPlacementRequest__Output } from '../../src/rpc/gen/gavel/v1/ExplainPlacementRequest.ts';
import type { ExplainPlacementResponse } from '../../src/rpc/gen/gavel/v1/ExplainPlacementResponse.ts';
import type { Task as WireTask } from '../../src/rpc/gen/gavel/v1/Task.ts';
import { type Explanation, explainRequest, explainTask } from '../explain.ts';
import type { View } from '../view.ts';

export async function explainPlacement(
  view: View,
  { task_guid, request }: ExplainPlacementRequest__Output,
  find: (id: string) => Promise<Task>,
): Promise<ExplainPlacementResponse> {
  if (request !== null) {
    if (task_guid !== '') throw new DomainError('invalid_argument', 'give a task_guid or a request, not both');
    const definition = definitionFromWire(request);
    requireValid(definition);
    return answer(explainRequest(view, definition), null);
  }
  const task = await find(task_guid);
  const live = view.task(task.task_guid);
  const explained = explainTask(view, task, live?.status.uid === task.uid ? live : undefined);
  return answer(explained, taskToWire(task));
}

function answer(explained: Explanation, task: WireTask | null): ExplainPlacementResponse {
  const { verdict, summary, reason, queuePosition, queueLength } = explained;
  const amounts = ({ memoryMb, diskMb, containers }: Explanation['cells'][number]['asked']) => ({
    memory_mb: memoryMb,
    disk_mb: diskMb,
    containers,
  });
  return {
    verdict,
    summary,
    reason,
    cells: explained.cells.map(({ cellId, code, note, asked, free, capacity, score }) => ({
      cell_id: cellId,
      code,
      note,
      asked: amounts(asked),
      free: amounts(free),
      capacity: amounts(capacity),
      score: score ?? null,
    })),
    changes: explained.changes.map(({ field, from, to, cellId }) => ({ field, from, to, cell_id: cellId })),
    task,
    queue_position: queuePosition,
    queue_length: queueLength,
  };
}
