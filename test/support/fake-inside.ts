import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { ExecTaskRequest__Output } from '../../src/rpc/gen/gavel/v1/ExecTaskRequest.ts';
import type { TaskUsage } from '../../src/rpc/gen/gavel/v1/TaskUsage.ts';
import type { Handlers } from '../../src/rpc/types.ts';

/** Levers of what cells tell of the inside of their containers. */
export interface FakeInside {
  /** Answered in turn, the last one again and again. */
  readonly usages: TaskUsage[][];
  readonly execs: ExecTaskRequest__Output[];
  allowExec: boolean;
}

export function fakeInside(
  find: (id: string) => Task,
  levers: FakeInside,
): Pick<Handlers<'TaskService'>, 'PlanPlacement' | 'ListUsage' | 'ExecTask'> {
  const amounts = { memory_mb: 4_096, disk_mb: 10_240, containers: 50 };
  return {
    PlanPlacement: async ({ count, without, add }) => ({
      fits: 32,
      asked: count,
      summary: '32 such tasks fit now: memory binds',
      binding: 'memory',
      reason: 'insufficient resources: memory',
      one_more_cell: 32,
      one_more_like: 'cell-1',
      waiting: 1,
      cells: ['cell-1', ...add.map(({ like }) => `${like === '' ? 'new' : `${like}-like`}-1`)]
        .filter((id) => !without.includes(id))
        .map((cell_id) => ({
          cell_id,
          added: cell_id !== 'cell-1',
          placed: 32,
          capacity: amounts,
          free_before: amounts,
          free_after: { ...amounts, memory_mb: 0, containers: 18 },
          code: 'memory',
        })),
    }),
    ListUsage: async ({ task_guid }) => {
      if (task_guid !== '') find(task_guid);
      const [usages = []] = levers.usages.length > 1 ? levers.usages.splice(0, 1) : levers.usages;
      return { usages, notes: [] };
    },
    async *ExecTask(request) {
      find(request.task_guid);
      levers.execs.push(request);
      if (!levers.allowExec)
        throw new DomainError('permission_denied', 'cell cell-2 lets nobody run commands in its tasks');
      yield { stdout: Buffer.alloc(0) };
      yield { stdout: Buffer.from('out\n') };
      yield { stderr: Buffer.from('err\n') };
      yield { end: { exit_code: 3, error: '' } };
    },
  };
}
