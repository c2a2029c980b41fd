import { z } from 'zod';
import { taskToObject } from '../../src/platform/task-json.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { liveGuid } from '../api/find.ts';
import { type HistoryApiDeps, narrowed, pinTask, purgeHistory } from '../api/history.ts';
import type { LogsDeps } from '../api/logs.ts';
import { annotateTask } from '../api/notes.ts';
import { fullTask } from '../live-task.ts';
import { body } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* What people add to tasks, and which of them they keep. */

export interface KeepDeps extends LogsDeps, HistoryApiDeps {}

const { TaskService: TASK, HistoryService: HISTORY } = ROLES;
const nothing = z.strictObject({});
const PURGE_MS = 120_000;

const annotateBody = z.strictObject({
  labels: z.record(z.string(), z.string()).default({}).meta({ description: 'set, or put in place of others' }),
  remove_labels: z.array(z.string()).default([]),
  annotation: z.string().optional().meta({ description: 'stays as it is when it is left out' }),
});
const purgeBody = z.strictObject({
  before: z
    // 19 digits come as a bigint, which has no schema of its own.
    .unknown()
    .transform((given, context) => {
      if (typeof given === 'bigint' || (typeof given === 'number' && Number.isSafeInteger(given))) return BigInt(given);
      context.addIssue({ code: 'custom', message: 'must be UNIX nanoseconds' });
      return z.NEVER;
    })
    .meta({
      type: 'integer',
      format: 'int64',
      description: 'UNIX nanoseconds: records of tasks resolved before it go',
    }),
  domain: z.string().default('').meta({ description: 'only of this domain' }),
  dry_run: z.boolean().default(false).meta({ description: 'only counts' }),
});

export const KEEP_ROUTES: readonly AnyRoute<KeepDeps>[] = [
  route({
    method: 'post',
    path: '/v1/tasks/:guid/annotate',
    id: 'annotateTask',
    summary: 'Change labels and annotation of a live task, in any state',
    access: TASK.AnnotateTask,
    query: nothing,
    body: body('AnnotateTaskRequest', annotateBody),
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, body: { annotation, ...change }, identity }) => {
      const text = annotation === undefined ? {} : { annotation };
      const live = await liveGuid(deps, guid, identity.domains);
      const after = await annotateTask(deps, live, { ...change, ...text }, identity);
      return { json: taskToObject(fullTask(after)) };
    },
  }),
  ...([true, false] as const).map((pinned) =>
    route<KeepDeps, typeof nothing>({
      method: 'post',
      path: `/v1/history/:guid/${pinned ? 'pin' : 'unpin'}`,
      id: pinned ? 'pinTask' : 'unpinTask',
      summary: pinned
        ? "Have history keep a task's record whatever its limits say; a live task's too"
        : 'No longer keep it',
      access: HISTORY.PinTask,
      query: nothing,
      answer: { status: 200, schema: 'Pin' },
      run: async (deps, { guid, identity }) => {
        const { task_guid, number } = await pinTask(deps, guid, pinned, identity);
        return { json: { task_guid, number, pinned } };
      },
    }),
  ),
  route({
    method: 'post',
    path: '/v1/history/purge',
    id: 'purgeHistory',
    summary: 'Drop the records of tasks that were resolved before a time, but pinned ones',
    access: HISTORY.PurgeHistory,
    query: nothing,
    body: { ...body('PurgeHistoryRequest', purgeBody), required: true },
    answer: { status: 200, schema: 'Purged' },
    run: async (deps, { body: { before, domain, dry_run: dryRun }, identity }) => {
      const within = narrowed(identity.domains, domain);
      return { json: await purgeHistory(deps, { before, within, dryRun }, AbortSignal.timeout(PURGE_MS)) };
    },
  }),
];
