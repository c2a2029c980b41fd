import { z } from 'zod';
import { DomainError } from '../../src/domain/errors.ts';
import { parseJson } from '../../src/platform/json.ts';
import { parseTaskSpec } from '../../src/platform/task-spec.ts';
import type { TaskUsage__Output } from '../../src/rpc/gen/gavel/v1/TaskUsage.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { planFields } from '../api/capacity.ts';
import { findTask } from '../api/find.ts';
import type { LogsDeps } from '../api/logs.ts';
import { planPlacement } from '../explain-capacity.ts';
import type { TaskUsages, Usages } from '../usages.ts';
import { checked, word } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* What cells are like at this moment: what runs there uses, and what more would fit. */

export interface NowDeps extends LogsDeps {
  readonly usages: Usages;
}

const ANSWER_MS = 30_000;
const { TaskService: TASK } = ROLES;
const nothing = z.strictObject({});
const amount = z.int().min(0).default(0);
const names = z.array(z.string()).default([]);

const planBody = z.strictObject({
  request: z.unknown().meta({ $ref: '#/components/schemas/TaskCreateRequest' }),
  count: z.int().default(0).meta({ description: 'so many; 0 = as many as fit, counted up to 10,000' }),
  without: names.meta({ description: 'cells to be left out' }),
  add: z
    .array(
      z.strictObject({
        like: z
          .string()
          .default('')
          .meta({ description: 'a registered cell; of the rest then only the capacity counts' }),
        count: z.int().default(1),
        stacks: names,
        preloaded_rootfs: names,
        rootfs_schemes: names,
        placement_tags: names,
        optional_placement_tags: names,
        capacity: z.strictObject({ memory_mb: amount, disk_mb: amount, containers: amount }).prefault({}),
      }),
    )
    .default([])
    .meta({ description: 'cells to be thought of as there, empty' }),
});

function readPlan(text: string) {
  const { request, add, ...question } = checked(planBody, parseJson(text));
  if (request === undefined)
    throw new DomainError('invalid_argument', 'request: is required', {
      faults: [{ field: 'request', message: 'is required' }],
    });
  const definition = parseTaskSpec(request);
  return {
    ...question,
    // Plays no part, and has to be a guid all the same.
    definition: { ...definition, task_guid: definition.task_guid || 'plan' },
    add: add.map(({ like, count, ...offer }) => ({
      like,
      count,
      offer: { ...offer, cell_id: '', zone: '', versions: {} },
    })),
  };
}

export const NOW_ROUTES: readonly AnyRoute<NowDeps>[] = [
  route({
    method: 'get',
    path: '/v1/tasks/:guid/usage',
    id: 'getUsage',
    summary: 'What a running task uses at this moment',
    access: TASK.ListUsage,
    query: nothing,
    answer: { status: 200, schema: 'UsageList' },
    run: async (deps, { guid, identity }) => {
      const task = await findTask(deps, guid, true, identity.domains);
      return told(await deps.usages.of(task, AbortSignal.timeout(ANSWER_MS)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/usage',
    id: 'listUsage',
    summary: 'What all running tasks use at this moment',
    access: TASK.ListUsage,
    query: z.strictObject({ cell_id: word('only on this cell') }),
    answer: { status: 200, schema: 'UsageList' },
    run: async ({ usages }, { query: { cell_id }, identity }) =>
      told(await usages.all(cell_id, identity.domains, AbortSignal.timeout(ANSWER_MS))),
  }),
  route({
    method: 'post',
    path: '/v1/plan',
    id: 'planPlacement',
    summary: 'How many tasks like this would be placed now, also with cells left out or added. Nothing is created',
    access: TASK.PlanPlacement,
    query: nothing,
    body: { schema: planBody, name: 'PlanRequest', required: true, read: readPlan },
    answer: { status: 200, schema: 'Plan' },
    run: ({ view }, { body }) => ({ json: planFields(planPlacement(view, body)) }),
  }),
];

function told({ usages, notes }: TaskUsages) {
  return { json: { usages: usages.map(usageObject), notes } };
}

function usageObject(usage: TaskUsage__Output) {
  const { task_guid, cell_id, attempt, memory_mb, disk_mb, max_pids } = usage;
  const measured = (name: 'memory_bytes' | 'peak_memory_bytes' | 'disk_bytes' | 'pids') =>
    usage[`_${name}`] === undefined ? null : Number(usage[name]);
  return {
    task_guid,
    number: Number(usage.number),
    cell_id,
    attempt,
    measured_at: BigInt(usage.measured_at),
    cpu_nanoseconds: usage._cpu_nanoseconds === undefined ? null : BigInt(usage.cpu_nanoseconds ?? 0),
    memory_bytes: measured('memory_bytes'),
    peak_memory_bytes: measured('peak_memory_bytes'),
    disk_bytes: measured('disk_bytes'),
    pids: measured('pids'),
    memory_mb,
    disk_mb,
    max_pids,
    started_at: BigInt(usage.started_at),
  };
}
