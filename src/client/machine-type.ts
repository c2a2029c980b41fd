import type { Task } from '../domain/task.ts';
import type { Connection } from './connection.ts';

/**
 * What kind of machine a task runs or ran on: the cell's own word for it (`machine_type` of its versions), else made of its stack and
 * memory. Before a task is placed: what it asks for. A cell that is gone is named.
 */
export async function machineType(connection: Connection, task: Task, signal?: AbortSignal): Promise<string> {
  if (task.cell_id === '') {
    const asked = [task.stack === '' ? 'any' : task.stack, ...task.placement_tags];
    return task.memory_mb === 0 ? asked.join('-') : `${asked.join('-')}-${task.memory_mb}mb`;
  }
  const { cells } = await connection.cluster.ListCells({}, connection.call(signal));
  const offer = cells.find((cell) => cell.offer?.cell_id === task.cell_id)?.offer;
  if (offer === undefined || offer === null) return task.cell_id;
  const named = offer.versions['machine_type'];
  return named ?? `${offer.stacks[0] ?? 'any'}-${offer.capacity?.memory_mb ?? '0'}mb`;
}
