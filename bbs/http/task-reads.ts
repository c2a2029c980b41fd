import { z } from 'zod';
import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { taskToObject } from '../../src/platform/task-json.ts';
import { parseTaskSpec, taskSpec } from '../../src/platform/task-spec.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { type Explained, explainDryRun, explainFound, explanationFields } from '../api/explain.ts';
import { findTask } from '../api/find.ts';
import type { LogsDeps } from '../api/logs.ts';
import type { Outputs } from '../outputs.ts';
import type { Timelines } from '../timelines.ts';
import { flag, whole, word } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* What is known of one task beside its record: its steps, what it left behind, and why it is where it is. */

export interface TaskReadsDeps extends LogsDeps {
  readonly timelines: Timelines;
  readonly outputs: Outputs;
}

/** A cell that does not answer is given up before that; this is the last bound. */
const ANSWER_MS = 30_000;
const { TaskService: TASK } = ROLES;
const nothing = z.strictObject({});

export const TASK_READS: readonly AnyRoute<TaskReadsDeps>[] = [
  route({
    method: 'get',
    path: '/v1/tasks/:guid/timeline',
    id: 'getTimeline',
    summary: "Every step of a task's life, in order; live or from history",
    access: TASK.GetTimeline,
    query: z.strictObject({ engine_calls: flag('tell also each call of a container engine that concerned the task') }),
    answer: { status: 200, schema: 'Timeline' },
    run: async (deps, { guid, query, identity }) => {
      const task = await findTask(deps, guid, true, identity.domains);
      const { events, notes } = await deps.timelines.of(task, AbortSignal.timeout(ANSWER_MS), query.engine_calls);
      return { json: { events: events.map((event, index) => ({ sequence: index + 1, ...event })), notes } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/:guid/outputs',
    id: 'listOutputs',
    summary: 'What a finished run left behind, with sizes',
    access: TASK.ListOutputs,
    query: nothing,
    answer: { status: 200, schema: 'Outputs' },
    run: async (deps, { guid, identity }) => {
      const task = await findTask(deps, guid, true, identity.domains);
      const info = await deps.outputs.list(task, AbortSignal.timeout(ANSWER_MS));
      const { archive_bytes, total_bytes, sealed_at, files, ...rest } = info;
      return {
        json: {
          ...rest,
          archive_bytes: Number(archive_bytes),
          total_bytes: Number(total_bytes),
          sealed_at: BigInt(sealed_at),
          files: files.map(({ size, compressed_size, modified_at, ...file }) => ({
            ...file,
            size: Number(size),
            compressed_size: Number(compressed_size),
            modified_at: Number(modified_at),
          })),
        },
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/:guid/outputs/download',
    id: 'downloadOutputs',
    summary: 'The bytes of one file of the outputs, or of the whole archive, a ZIP',
    description: 'An answer that breaks off before its end ends without the mark of a complete one; `offset` resumes.',
    access: TASK.DownloadOutputs,
    query: z.strictObject({
      name: word('path of a file in the outputs; the archive when it is left out'),
      offset: whole('begin behind so many bytes', 0, Number.MAX_SAFE_INTEGER),
    }),
    answer: { status: 200, streams: ['application/octet-stream'] },
    run: async (deps, { guid, query: { name, offset }, identity }) => {
      const task = await findTask(deps, guid, true, identity.domains);
      const chunks = (signal: AbortSignal) => bytesOf(deps, task, name, offset, signal);
      return { stream: { type: 'application/octet-stream', chunks, failure: () => undefined } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/:guid/explain',
    id: 'explainTask',
    summary: 'Why a task waits, cell by cell, and what would help; why it is where it is; or why it ended so',
    access: TASK.ExplainPlacement,
    query: nothing,
    answer: { status: 200, schema: 'Explanation' },
    run: async (deps, { guid, identity }) =>
      explanation(explainFound(deps.view, await findTask(deps, guid, true, identity.domains))),
  }),
  route({
    method: 'post',
    path: '/v1/explain',
    id: 'explainRequest',
    summary: 'A dry run: whether and where a request would be placed now, and what would help. Nothing is created',
    access: TASK.ExplainPlacement,
    query: nothing,
    body: { schema: taskSpec, name: 'TaskCreateRequest', required: true, read: parseTaskSpec },
    answer: { status: 200, schema: 'Explanation' },
    run: ({ view }, { body }) => explanation(explainDryRun(view, body)),
  }),
];

function explanation(explained: Explained) {
  const { task } = explained;
  return { json: { ...explanationFields(explained), task: task === undefined ? null : taskToObject(task) } };
}

async function* bytesOf(
  { outputs }: TaskReadsDeps,
  task: Task,
  name: string,
  offset: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const path = name.replace(/^\/+/, '');
  for await (const { start, data } of outputs.download(task, path === '' ? [] : [path], offset, signal)) {
    if (start && path !== '' && start.path !== path)
      throw new DomainError('invalid_argument', `name: ${name} is a folder; name one of its files`);
    if (data) yield data;
  }
}
