import type { ContainerInfo } from 'dockerode';
import type { OwnedContainer } from '../executor/runtime.ts';
import type { Engine } from './engine.ts';
import { CELL_LABEL } from './profile.ts';

/** All containers that carry the cell's label, running or not. */
export async function listContainers(
  engine: Engine,
  cellId: string,
  deadlineMs: number,
): Promise<readonly OwnedContainer[]> {
  const list = await engine.json({
    what: 'list containers',
    method: 'GET',
    path: '/containers/json',
    query: { all: '1', filters: JSON.stringify({ label: [`${CELL_LABEL}=${cellId}`] }) },
    deadlineMs,
  });
  return (list as ContainerInfo[]).map((container) => ({
    id: container.Id,
    name: (container.Names[0] ?? '').replace(/^\//, ''),
    labels: container.Labels,
    running: ['running', 'paused', 'restarting'].includes(container.State),
  }));
}
