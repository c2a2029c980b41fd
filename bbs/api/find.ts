import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import { fullTask, type LiveTask } from '../live-task.ts';
import type { View } from '../view.ts';
import type { LogsDeps } from './logs.ts';

/**
 * A task of these domains by guid, number, or the unique beginning of a guid; from history too when asked. Every read of one task
 * comes through here. @throws DomainError `not_found`, also for tasks of other domains.
 */
export async function findTask(deps: LogsDeps, id: string, includeHistory: boolean, within: Domains): Promise<Task> {
  if (id === '')
    throw new DomainError('invalid_argument', 'task_guid: is required', {
      faults: [{ field: 'task_guid', message: 'is required' }],
    });
  await deps.tasks.caughtUp();
  const known = deps.view.task(guidOf(deps, id, within)) ?? (await deps.tasks.find(id));
  const live = known !== undefined && isWithin(within, known.domain) ? known : byPrefix(deps.view, id, within);
  if (live !== undefined) return fullTask(live);
  if (includeHistory) {
    const finished = await deps.history.get(id, within);
    if (finished !== undefined) return finished.task;
  }
  throw notFound(id);
}

/** Number first, then guid: a guid may be all digits. The number of a task of another domain leads to no guid. */
export function guidOf({ view }: LogsDeps, id: string, within: Domains): string {
  const guid = /^\d{1,15}$/.test(id) ? view.guidOfNumber(Number(id)) : undefined;
  const live = guid === undefined ? undefined : view.task(guid);
  return live !== undefined && isWithin(within, live.domain) ? live.guid : id;
}

/** For verbs that change something: a number or a whole guid, never a beginning. */
export async function liveGuid(deps: LogsDeps, id: string, within: Domains): Promise<string> {
  if (id === '')
    throw new DomainError('invalid_argument', 'task_guid: is required', {
      faults: [{ field: 'task_guid', message: 'is required' }],
    });
  // Only a number has to be looked up in what was written last; of a guid the commit itself checks what is known.
  if (/^\d/.test(id)) await deps.tasks.caughtUp();
  return guidOf(deps, id, within);
}

function byPrefix(view: View, prefix: string, within: Domains): LiveTask | undefined {
  if (prefix.length < 4) return undefined;
  const found: LiveTask[] = [];
  for (const task of view.tasks()) {
    if (task.guid.startsWith(prefix) && isWithin(within, task.domain)) found.push(task);
    if (found.length > 5) break;
  }
  if (found.length < 2) return found[0];
  const names = found.map((task) => task.guid).join(', ');
  throw new DomainError('invalid_argument', `task_guid: ${prefix} is the beginning of several guids: ${names}`);
}

export function notFound(id: string): DomainError {
  return new DomainError('not_found', `no task ${id}`);
}
