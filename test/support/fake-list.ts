import type { Task } from '../../src/domain/task.ts';
import { stateFromWire, taskToWire } from '../../src/rpc/codec.ts';
import type { ListTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/ListTasksRequest.ts';
import type { ListTasksResponse } from '../../src/rpc/gen/gavel/v1/ListTasksResponse.ts';

/** One page of a FakeCluster's tasks. */
export function fakeList(tasks: Iterable<Task>, request: ListTasksRequest__Output, cursor: string): ListTasksResponse {
  const states = request.states.map(stateFromWire);
  const all = [...tasks]
    .filter((task) => request.domain === '' || task.domain === request.domain)
    .filter((task) => request.cell_id === '' || task.cell_id === request.cell_id)
    .filter((task) => states.length === 0 || states.includes(task.state))
    .filter(({ outcome }) => request.outcomes.length === 0 || request.outcomes.includes(outcome))
    .filter((task) => request.created_by === '' || task.created_by === request.created_by)
    .filter((task) => task.created_at >= BigInt(request.created_after))
    .filter((task) => request.created_before === '0' || task.created_at < BigInt(request.created_before))
    .filter((task) =>
      Object.entries(request.labels).every(([k, v]) => (v === '' ? k in task.labels : task.labels[k] === v)),
    )
    .toSorted((a, b) => b.number - a.number);
  const below = request.page_token === '' ? Number.POSITIVE_INFINITY : Number(request.page_token);
  const size = request.page_size === 0 ? 100 : request.page_size;
  const left = all.filter(({ number }) => number < below);
  const page = left.slice(0, size);
  return {
    tasks: page.map(taskToWire),
    next_page_token: left.length > size ? String(page.at(-1)?.number) : '',
    cursor,
    total: all.length,
  };
}
