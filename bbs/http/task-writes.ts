import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DomainError, errorText, isDomainError } from '../../src/domain/errors.ts';
import { taskToObject } from '../../src/platform/task-json.ts';
import { parseTaskSpec } from '../../src/platform/task-spec.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import type { LogsDeps } from '../api/logs.ts';
import { BATCH_MOST, deleteTask, resolveTask, waitingForInput } from '../api/tasks.ts';
import { verdictOf, verdicts } from '../api/verdict.ts';
import { HELD_MOST, type Holds } from '../holds.ts';
import { INPUT_MOST_BYTES, type Inputs } from '../inputs.ts';
import { fullTask } from '../live-task.ts';
import { body, required, word } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* What is done to many tasks in one call, the input of a task, and what ties tasks to a client's life. */

export interface TaskWritesDeps extends LogsDeps {
  readonly holds: Holds;
  readonly inputs: Inputs;
}

const { TaskService: TASK } = ROLES;
const nothing = z.strictObject({});
const BATCH_BYTES = 8 * 2 ** 20;

const guids = z.strictObject({
  task_guids: z.array(z.string()).max(BATCH_MOST).meta({ description: 'guids or numbers' }),
});
const batch = z.strictObject({
  // Each is read by itself, so that one that is wrong does not keep the others out.
  tasks: z.array(z.unknown().meta({ $ref: '#/components/schemas/TaskCreateRequest' })).max(BATCH_MOST),
});
const hold = z.strictObject({
  task_guids: z.array(z.string()).max(HELD_MOST).meta({ description: 'all tasks of the hold, by guid' }),
  holder: z.string().default('').meta({ description: 'who holds; the reason of a cancelled task names it' }),
});

export const TASK_WRITES: readonly AnyRoute<TaskWritesDeps>[] = [
  route({
    method: 'put',
    path: '/v1/tasks/:guid/input',
    id: 'uploadInput',
    summary: 'What a task with an input_dir waits for: a tar, or the gzip of one',
    description: `Answers the task, released, once all of it is durable. At most ${INPUT_MOST_BYTES / 2 ** 20} MiB; what broke off is sent again from the start.`,
    access: TASK.UploadInput,
    query: z.strictObject({ sha256: word('of all bytes, in hex; other bytes are refused then') }),
    uploads: ['application/x-tar', 'application/gzip', 'application/octet-stream'],
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, query, upload, identity }) => {
      const live = await waitingForInput(deps, guid, identity.domains);
      return { json: taskToObject(fullTask(await deps.inputs.accept(live, pieces(upload, query.sha256)))) };
    },
  }),
  route({
    method: 'post',
    path: '/v1/batches/desire',
    id: 'desireTasks',
    summary: 'Submit many tasks: each is created or refused by itself',
    description:
      'One result for each request, in their order: `task`, or `error`. Repeated, it creates only what is missing.',
    access: TASK.DesireTasks,
    query: nothing,
    body: required('DesireTasksRequest', batch, BATCH_BYTES),
    answer: { status: 200, schema: 'TaskResults' },
    run: async ({ tasks }, { body, identity, requestId }) => {
      const from = { name: identity.name, domains: identity.domains, requestId };
      const made = async (request: unknown) => {
        try {
          return { task: taskToObject(await tasks.desire(parseTaskSpec(request), from)), error: null };
        } catch (error) {
          const { faults, about } = isDomainError(error) ? error : { faults: [], about: {} };
          return { task: null, error: { ...verdictOf(error), faults, about } };
        }
      };
      return { json: { results: await Promise.all(body.tasks.map(made)) } };
    },
  }),
  route({
    method: 'post',
    path: '/v1/batches/resolve',
    id: 'resolveTasks',
    summary: 'Take many finished tasks, each by itself',
    access: TASK.ResolveTasks,
    query: nothing,
    body: required('ResolveTasksRequest', guids, BATCH_BYTES),
    answer: { status: 200, schema: 'Verdicts' },
    run: async (deps, { body, identity }) => ({
      json: { verdicts: await verdicts(body.task_guids, (guid) => resolveTask(deps, guid, identity.domains)) },
    }),
  }),
  route({
    method: 'post',
    path: '/v1/batches/delete',
    id: 'deleteTasks',
    summary: 'Remove many tasks that were resolved, each by itself; history keeps them',
    access: TASK.DeleteTasks,
    query: nothing,
    body: required('DeleteTasksRequest', guids, BATCH_BYTES),
    answer: { status: 200, schema: 'Verdicts' },
    run: async (deps, { body, identity }) => ({
      json: { verdicts: await verdicts(body.task_guids, (guid) => deleteTask(deps, guid, identity.domains)) },
    }),
  }),
  route({
    method: 'put',
    path: '/v1/holds/:hold',
    id: 'holdTasks',
    summary: 'Tie tasks to the life of a client: unless this is sent again within `ttl_seconds`, they are cancelled',
    description: 'The client makes up the id, 8 to 64 letters, digits, - and _. Begins and renews; safe to repeat.',
    access: TASK.HoldTasks,
    query: nothing,
    body: body('HoldTasksRequest', hold),
    answer: { status: 200, schema: 'Hold' },
    run: async ({ holds }, { hold: hold_id, body, identity }) => {
      await holds.hold({ hold_id, ...body, release: false }, identity);
      return { json: { hold_id, ttl_seconds: holds.ttlMs / 1_000 } };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/holds/:hold',
    id: 'releaseHold',
    summary: 'End a hold and leave its tasks alone',
    access: TASK.HoldTasks,
    query: nothing,
    answer: { status: 204 },
    run: async ({ holds }, { hold: hold_id, identity }) => {
      await holds.hold({ hold_id, task_guids: [], holder: '', release: true }, identity);
      return {};
    },
  }),
];

/** What comes over the wire, and its sum last: HTTP itself tells a body that broke off from one that is whole. */
async function* pieces(upload: AsyncIterable<Uint8Array>, sha256: string) {
  const hash = createHash('sha256');
  try {
    for await (const part of upload) {
      const data = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
      hash.update(data);
      yield { data };
    }
  } catch (error) {
    throw new DomainError('cancelled', `the upload broke off (${errorText(error)}); the task waits on`);
  }
  yield { sha256: sha256 === '' ? hash.digest('hex') : sha256.toLowerCase() };
}
