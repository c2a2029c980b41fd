import type { Task } from '../../src/domain/task.ts';
import type { Domains } from '../../src/rpc/identity.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { Usages } from '../usages.ts';
import type { View } from '../view.ts';
import { plan } from './capacity.ts';

export interface InsideApiDeps {
  readonly view: View;
  readonly usages: Usages;
  readonly find: (id: string, within: Domains) => Promise<Task>;
}

/** Calls of TaskService about cells as they are at this moment: what is used, what would fit, and commands in running tasks. */
export function insideApi({
  view,
  usages,
  find,
}: InsideApiDeps): Pick<Handlers<'TaskService'>, 'PlanPlacement' | 'ListUsage' | 'ExecTask'> {
  return {
    PlanPlacement: async (request) => plan(view, request),
    ListUsage: async ({ task_guid, cell_id }, { identity: { domains }, signal }) => {
      const told =
        task_guid === ''
          ? await usages.all(cell_id, domains, signal)
          : await usages.of(await find(task_guid, domains), signal);
      return { usages: [...told.usages], notes: [...told.notes] };
    },
    async *ExecTask({ task_guid, ...command }, { identity, signal }) {
      yield* usages.exec(await find(task_guid, identity.domains), { ...command, by: identity.name }, signal);
    },
  };
}
