import { z } from 'zod';
import { parseDuration } from '../../src/domain/duration.ts';

import { OUTCOMES, TASK_STATES, type Task } from '../../src/domain/task.ts';
import { duration, text } from '../../src/platform/spec-fields.ts';
import { taskToObject } from '../../src/platform/task-json.ts';
import { parseTaskSpec, taskSpec } from '../../src/platform/task-spec.ts';
import { requestOf } from '../../src/rpc/request.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import type { AlertApiDeps } from '../api/alerts.ts';
import type { CallbackApiDeps } from '../api/callbacks.ts';
import type { DomainsApiDeps } from '../api/domains.ts';
import { findTask } from '../api/find.ts';
import { getHistory, listHistory, narrowed } from '../api/history.ts';
import { deleteTask, endTask, fieldMask, listTasks, pageSize, resolveTask } from '../api/tasks.ts';
import { whoAmI } from '../api/who-am-i.ts';
import type { CellData } from '../cell-data.ts';
import type { CellList, ListedCell } from '../cell-list.ts';
import type { Cells } from '../cells.ts';
import type { FinishedTask } from '../history/history.ts';
import { fullTask } from '../live-task.ts';
import { ALERT_ROUTES } from './alert-routes.ts';
import { CALLBACK_ROUTES } from './callback-routes.ts';
import { DOMAIN_ROUTES } from './domain-routes.ts';
import { body, flag, nanos, whole, word, words } from './input.ts';
import { KEEP_ROUTES, type KeepDeps } from './keep-routes.ts';
import { NOW_ROUTES, type NowDeps } from './now-routes.ts';
import { type AnyRoute, route } from './route.ts';
import { cellLogStream, eventStream, logStream } from './streams.ts';
import { TASK_READS, type TaskReadsDeps } from './task-reads.ts';
import { TASK_WRITES, type TaskWritesDeps } from './task-writes.ts';

/*
 * The calls of TaskService, HistoryService, CallbackService and ClusterService that clients make, as HTTP. One table: the server serves it, and the OpenAPI
 * document is made of it. What is done is done by the code that answers gRPC.
 */

const HISTORY_PAGE = 30;
const PAGE_MOST = 1_000;

const ending = {
  reason: text().meta({ description: 'told in failure_reason' }),
  if_state: z.array(z.enum(TASK_STATES)).default([]).meta({ description: 'refuse unless the task is in one of these' }),
};
const cancelBody = z.strictObject(ending);
const killBody = z.strictObject({
  ...ending,
  grace: duration().meta({ description: 'between the stop signal and SIGKILL; at once when it is left out' }),
});
const drainBody = z.strictObject({
  deadline: duration().meta({ description: 'for what runs there; 10 minutes when it is left out' }),
});
const nothing = z.strictObject({});
const taskOrHistory = z.strictObject({
  include_history: flag('answer the record of history when the task is no longer live'),
});

const { TaskService: TASK, HistoryService: HISTORY, ClusterService: CLUSTER } = ROLES;

export interface RestDeps
  extends TaskReadsDeps,
    NowDeps,
    KeepDeps,
    TaskWritesDeps,
    CallbackApiDeps,
    AlertApiDeps,
    DomainsApiDeps {
  readonly cells: Cells;
  readonly cellList: CellList;
  readonly data: CellData;
}

export const ROUTES: readonly AnyRoute<RestDeps>[] = [
  route({
    method: 'post',
    path: '/v1/tasks',
    id: 'desireTask',
    summary: 'Submit a task',
    description:
      'Durable before it answers. A repeated request (same guid or request_key, same definition) answers the task that is there.',
    access: TASK.DesireTask,
    query: nothing,
    body: { schema: taskSpec, name: 'TaskCreateRequest', required: true, read: parseTaskSpec },
    answer: { status: 201, schema: 'Task' },
    run: async ({ tasks }, { body, identity, requestId }) => {
      const task = await tasks.desire(body, { name: identity.name, domains: identity.domains, requestId });
      return { json: taskToObject(task), headers: { location: `/v1/tasks/${task.task_guid}` } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks',
    id: 'listTasks',
    summary: 'Live tasks, newest first',
    access: TASK.ListTasks,
    query: z.strictObject({
      domain: word('only of this domain'),
      cell_id: word('only on this cell'),
      state: words('only in one of these states', TASK_STATES),
      outcome: words('only with one of these outcomes', OUTCOMES),
      created_by: word('only of this caller'),
      label: words('only with all of these: NAME=VALUE, or NAME for any value'),
      created_after: nanos('UNIX nanoseconds, inclusive'),
      created_before: nanos('UNIX nanoseconds, exclusive'),
      as_of: nanos('the list as it was at this time, UNIX nanoseconds, as far back as changes are kept'),
      as_of_revision: whole('the list as it was after this revision of the store', 1, Number.MAX_SAFE_INTEGER),
      page_size: whole('100 when it is left out', 1, PAGE_MOST),
      page_token: word('next_page_token of the page before'),
      field_mask: words('fields of each task to answer; all when it is left out'),
    }),
    answer: { status: 200, schema: 'TaskList' },
    run: async (deps, { query: { state: states, outcome: outcomes, label, field_mask, ...query }, identity }) => {
      const page = await listTasks(
        deps,
        requestOf('TaskService', 'ListTasks', { ...query, states, outcomes, labels: labelsOf(label) }),
        identity.domains,
      );
      const mask = fieldMask(field_mask);
      return { json: { ...page, tasks: page.tasks.map((task) => mask(taskToObject(fullTask(task)))) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/:guid',
    id: 'getTask',
    summary: 'One task, by guid, number or the unique beginning of a guid',
    access: TASK.GetTask,
    query: taskOrHistory,
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, query, identity }) =>
      shown(await findTask(deps, guid, query.include_history, identity.domains)),
  }),
  route({
    method: 'post',
    path: '/v1/tasks/:guid/cancel',
    id: 'cancelTask',
    summary: 'Cancel a task; a finished one is answered as it is',
    access: TASK.CancelTask,
    query: nothing,
    body: body('CancelTaskRequest', cancelBody),
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, body: { reason, if_state }, identity }) =>
      shown(await endTask(deps, guid, if_state, { reason, by: identity })),
  }),
  route({
    method: 'post',
    path: '/v1/tasks/:guid/kill',
    id: 'killTask',
    summary: 'Cancel a task and end its process after the grace, at once when none is given',
    access: TASK.KillTask,
    query: nothing,
    body: body('KillTaskRequest', killBody),
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, body: { reason, if_state, grace }, identity }) => {
      const grace_ms = grace === undefined ? 0 : (parseDuration(grace) ?? 0);
      return shown(await endTask(deps, guid, if_state, { reason, grace_ms, by: identity }));
    },
  }),
  route({
    method: 'post',
    path: '/v1/tasks/:guid/resolve',
    id: 'resolveTask',
    summary: 'Take a finished task: of several callers one gets it',
    access: TASK.ResolveTask,
    query: nothing,
    body: body('ResolveTaskRequest', nothing),
    answer: { status: 200, schema: 'Task' },
    run: async (deps, { guid, identity }) => shown(fullTask(await resolveTask(deps, guid, identity.domains))),
  }),
  route({
    method: 'delete',
    path: '/v1/tasks/:guid',
    id: 'deleteTask',
    summary: 'Remove a task that was resolved; history keeps it',
    access: TASK.DeleteTask,
    query: nothing,
    answer: { status: 204 },
    run: async (deps, { guid, identity }) => {
      await deleteTask(deps, guid, identity.domains);
      return {};
    },
  }),
  route({
    method: 'get',
    path: '/v1/tasks/:guid/logs',
    id: 'followLogs',
    summary: 'Output of a task: text, or server-sent events with `Accept: text/event-stream`',
    description:
      'Events are `line`, `gap` (lines that were dropped, and why) and `end`, the mark of a complete stream. The id is the sequence number: Last-Event-ID resumes.',
    access: TASK.FollowLogs,
    query: z.strictObject({
      follow: flag('go on as lines are written'),
      after_sequence: whole('begin behind this line', 0, Number.MAX_SAFE_INTEGER),
      stream: word('stdout, stderr or system; all when it is left out'),
      source: word('only of this log source'),
    }),
    answer: { status: 200, streams: ['text/plain', 'text/event-stream'], schema: 'LogEvent' },
    run: logStream,
  }),
  route({
    method: 'get',
    path: '/v1/events',
    id: 'watchTasks',
    summary: 'Every change of every task, as server-sent events',
    description:
      'Events are `created`, `changed`, `removed`, and `resync_needed` before an end that is not resumable: list again, then watch from the cursor of the list. The id is the cursor: Last-Event-ID resumes without a gap.',
    access: TASK.WatchTasks,
    query: z.strictObject({
      cursor: word('go on behind this cursor; from now when it is left out'),
      since: nanos(
        'without a cursor: all that happened since this time, UNIX nanoseconds, as far back as changes are kept',
      ),
      task_guid: word('only of this task'),
      domain: word('only of this domain'),
      cell_id: word('only on this cell'),
    }),
    answer: { status: 200, streams: ['text/event-stream'], schema: 'TaskEvent' },
    run: eventStream,
  }),
  route({
    method: 'get',
    path: '/v1/history',
    id: 'listHistory',
    summary: 'Finished tasks that have left the live set, newest first',
    access: HISTORY.ListHistory,
    query: z.strictObject({
      domain: word('only of this domain'),
      page_size: whole(`${HISTORY_PAGE} when it is left out`, 1, PAGE_MOST),
      page_token: word('next_page_token of the page before'),
    }),
    answer: { status: 200, schema: 'HistoryList' },
    run: async (deps, { query: { page_size, page_token, domain }, identity }) => {
      const size = pageSize(page_size, HISTORY_PAGE, PAGE_MOST);
      const { records, next, pins } = await listHistory(deps, size, page_token, narrowed(identity.domains, domain));
      return { json: { records: records.map((found) => finished(found, pins)), next_page_token: next } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/history/:guid',
    id: 'getHistory',
    summary: 'A finished task by guid or number; of several lives of a guid the newest',
    access: HISTORY.GetHistory,
    query: nothing,
    answer: { status: 200, schema: 'HistoryRecord' },
    run: async (deps, { guid, identity }) => {
      const { found, pins } = await getHistory(deps, guid, identity.domains);
      return { json: finished(found, pins) };
    },
  }),
  ...KEEP_ROUTES,
  ...TASK_READS,
  ...NOW_ROUTES,
  ...TASK_WRITES,
  ...CALLBACK_ROUTES,
  ...ALERT_ROUTES,
  ...DOMAIN_ROUTES,
  route({
    method: 'get',
    path: '/v1/cells',
    id: 'listCells',
    summary: 'Cells with what they offer and what is reserved on them',
    access: CLUSTER.ListCells,
    query: nothing,
    answer: { status: 200, schema: 'CellList' },
    run: async ({ cellList }) => ({ json: { cells: cellList.all().map(cellObject) } }),
  }),
  route({
    method: 'post',
    path: '/v1/cells/:cell/drain',
    id: 'drainCell',
    summary: 'Take a cell out of the auction; what runs there may end by itself until the deadline',
    description: 'Asked again with a deadline it counts anew; without one nothing changes.',
    access: CLUSTER.DrainCell,
    query: nothing,
    body: body('DrainCellRequest', drainBody),
    answer: { status: 200, schema: 'Cell' },
    run: async ({ cells, cellList }, { cell, body: { deadline }, identity }) => {
      await cells.drain(cell, deadline === undefined ? undefined : parseDuration(deadline), identity.name);
      return { json: cellObject(cellList.one(cell)) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/cells/:cell/log',
    id: 'followCellLog',
    summary: "The newest lines of the cell's own log, one object of JSON a line",
    access: CLUSTER.FollowCellLog,
    query: z.strictObject({
      follow: flag('go on with those that come, until the reader leaves'),
      tail: whole('how many lines of before; 100 when it is left out', 1, 10_000),
    }),
    answer: { status: 200, streams: ['text/plain'] },
    run: async (deps, { cell, query: { follow, tail } }) => cellLogStream(deps, { cell_id: cell, tail, follow }),
  }),
  route({
    method: 'post',
    path: '/v1/cells/:cell/undrain',
    id: 'undrainCell',
    summary: 'Let a cell take work again',
    access: CLUSTER.UndrainCell,
    query: nothing,
    answer: { status: 200, schema: 'Cell' },
    run: async ({ cells, cellList }, { cell }) => {
      await cells.undrain(cell);
      return { json: cellObject(cellList.one(cell)) };
    },
  }),
  route({
    method: 'get',
    path: '/v1/whoami',
    id: 'whoAmI',
    summary: 'Who the caller is to the server, how that was proved, and until when',
    access: CLUSTER.WhoAmI,
    query: nothing,
    answer: { status: 200, schema: 'WhoAmI' },
    run: (_deps, { identity }) => ({ json: whoAmI(identity) }),
  }),
];

function labelsOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((label) => {
      const at = label.indexOf('=');
      return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
    }),
  );
}

function cellObject({ offer, registered_at, drain_deadline, ...rest }: ListedCell) {
  return { ...offer, ...rest, registered_at: BigInt(registered_at), drain_deadline: BigInt(drain_deadline) };
}

function shown(task: Task) {
  return { json: taskToObject(task) };
}

function finished({ task, record }: FinishedTask, pins: ReadonlySet<number>) {
  return {
    task: taskToObject(task),
    resolved_at: BigInt(record.resolved_at),
    resolved_by: record.resolved_by,
    delivery: record.delivery ?? null,
    pinned: pins.has(record.number),
  };
}
