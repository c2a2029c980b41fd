import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { Command } from '../../src/domain/task-machine.ts';
import { definitionFromWire, durationMsFromWire, durationToWire, taskToWire } from '../../src/rpc/codec.ts';
import { Encoded, encodeAnswer, joinMessage } from '../../src/rpc/encoded.ts';
import type { ListTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/ListTasksRequest.ts';
import type { Task as WireTask } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest__Output } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { TaskEvent } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import type { WatchTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/WatchTasksRequest.ts';
import { type Domains, type Identity, isWithin } from '../../src/rpc/identity.ts';
import type { CallContext, Handlers } from '../../src/rpc/types.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import type { Holds } from '../holds.ts';
import type { Inputs } from '../inputs.ts';
import { definitionOf, fullTask, LiveTask } from '../live-task.ts';
import type { Outputs } from '../outputs.ts';
import type { Submitter, Tasks } from '../tasks.ts';
import type { Timelines } from '../timelines.ts';
import type { Usages } from '../usages.ts';
import type { View } from '../view.ts';
import { explainPlacement } from './explain.ts';
import { asksForAll, listMatcher, watchMatcher } from './filter.ts';
import { findTask, guidOf, liveGuid, notFound } from './find.ts';
import { insideApi } from './inside.ts';
import { followLogs, type LogsDeps } from './logs.ts';
import { notesApi } from './notes.ts';
import { pastMoment, tasksAt } from './past.ts';
import { verdictOf, verdicts } from './verdict.ts';
import { byteOffset, timelineToWire } from './wire.ts';

export interface TaskApiDeps extends LogsDeps {
  readonly view: View;
  readonly tasks: Tasks;
  readonly events: Events;
  readonly history: History;
  readonly holds: Holds;
  readonly inputs: Inputs;
  readonly timelines: Timelines;
  readonly outputs: Outputs;
  readonly usages: Usages;
}

const PAGE_DEFAULT = 100;
const PAGE_MOST = 1_000;
/** A page stays well below the 4 MiB that stock clients accept in one message. */
const PAGE_BYTES = 3 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
/** Numbers in ListTasksResponse, TaskEvent and DesireTasksResponse, for answers put together of bytes. */
const FIELDS = { tasks: 1, created: 1, changed: 2, removed: 3, results: 1, task: 1 } as const;
export const BATCH_MOST = 500;

export function taskApi(deps: TaskApiDeps): Handlers<'TaskService'> {
  const { tasks } = deps;
  return {
    DesireTask: async (request, context) => answer(await tasks.create(definitionFromWire(request), submitter(context))),
    DesireTasks: async ({ tasks: requests }, context) => {
      requireBatch('tasks', requests);
      const results = await Promise.all(requests.map((each) => desired(deps, each, submitter(context))));
      return new Encoded(Buffer.concat(results));
    },
    GetTask: async ({ task_guid, include_history }, { identity }) =>
      taskToWire(await findTask(deps, task_guid, include_history, identity.domains)),
    ListTasks: async (request, { identity }) => {
      const mask = fieldMask(request.field_mask);
      const { tasks: page, ...rest } = await listTasks(deps, request, identity.domains);
      if (request.field_mask.length > 0)
        return { ...rest, tasks: page.map((task) => mask(taskToWire(fullTask(task)))) };
      const bytes = page.map((task) => [FIELDS.tasks, task.answer.bytes] as const);
      return new Encoded(joinMessage(bytes, encodeAnswer('TaskService', 'ListTasks', rest)));
    },
    CancelTask: async ({ task_guid, reason, if_state }, { identity }) =>
      taskToWire(await endTask(deps, task_guid, if_state, { reason, by: identity })),
    KillTask: async ({ task_guid, reason, grace, if_state }, { identity }) => {
      const grace_ms = durationMsFromWire(grace) ?? 0;
      return taskToWire(await endTask(deps, task_guid, if_state, { reason, grace_ms, by: identity }));
    },
    ResolveTask: async ({ task_guid }, { identity }) => (await resolveTask(deps, task_guid, identity.domains)).answer,
    DeleteTask: async ({ task_guid }, { identity }) => {
      await deleteTask(deps, task_guid, identity.domains);
      return {};
    },
    ResolveTasks: async ({ task_guids }, { identity }) => {
      requireBatch('task_guids', task_guids);
      return { verdicts: await verdicts(task_guids, (guid) => resolveTask(deps, guid, identity.domains)) };
    },
    DeleteTasks: async ({ task_guids }, { identity }) => {
      requireBatch('task_guids', task_guids);
      return { verdicts: await verdicts(task_guids, (guid) => deleteTask(deps, guid, identity.domains)) };
    },
    async *WatchTasks(request, { identity, signal }) {
      for await (const event of watchTasks(deps, request, identity.domains, signal)) yield eventToWire(event);
    },
    FollowLogs: (request, { identity, signal }) => followLogs(deps, request, identity.domains, signal),
    ExplainPlacement: async (request, { identity }) =>
      await explainPlacement(deps.view, request, (id) => findTask(deps, id, true, identity.domains)),
    GetTimeline: async ({ task_guid, engine_calls }, { identity, signal }) => {
      const task = await findTask(deps, task_guid, true, identity.domains);
      return timelineToWire(await deps.timelines.of(task, signal, engine_calls));
    },
    ListOutputs: async ({ task_guid }, { identity, signal }) =>
      await deps.outputs.list(await findTask(deps, task_guid, true, identity.domains), signal),
    async *DownloadOutputs({ task_guid, names, offset }, context) {
      const task = await findTask(deps, task_guid, true, context.identity.domains);
      yield* deps.outputs.download(task, names, byteOffset(offset), context.signal);
    },
    ...notesApi(deps, async (id, within) => await liveGuid(deps, id, within)),
    ...insideApi({ ...deps, find: async (id, within) => await findTask(deps, id, true, within) }),
    UploadInput: async (messages, { identity }) => {
      const pieces = messages[Symbol.asyncIterator]();
      const first = await pieces.next();
      const id = first.done === true ? '' : (first.value.task_guid ?? '');
      if (id === '') throw new DomainError('invalid_argument', 'task_guid: must be the first of the upload');
      const live = await waitingForInput(deps, id, identity.domains);
      return taskToWire(fullTask(await deps.inputs.accept(live, { [Symbol.asyncIterator]: () => pieces })));
    },
    HoldTasks: async (request, { identity }) => {
      await deps.holds.hold(request, identity);
      return { ttl: durationToWire(deps.holds.ttlMs) };
    },
  };
}

/** The task that an upload is for. @throws DomainError `not_found`. */
export async function waitingForInput(deps: LogsDeps, id: string, within: Domains): Promise<LiveTask> {
  const live = await deps.tasks.find(await liveGuid(deps, id, within));
  if (live === undefined || !isWithin(within, live.domain))
    throw new DomainError('not_found', `no task ${id} waits for an input`);
  return live;
}

export async function resolveTask(deps: LogsDeps, id: string, within: Domains): Promise<LiveTask> {
  const { after } = await deps.tasks.transition(await liveGuid(deps, id, within), { type: 'resolve' }, { within });
  if (after === undefined) throw notFound(id);
  return after;
}

export async function deleteTask(deps: LogsDeps, id: string, within: Domains): Promise<void> {
  const options = { resolvedBy: 'client', within } as const;
  await deps.tasks.transition(await liveGuid(deps, id, within), { type: 'remove' }, options);
}

/** Cancels or, with a grace, kills. @throws DomainError `invalid_transition` only for `ifState`. */
export async function endTask(
  deps: LogsDeps,
  id: string,
  ifState: readonly string[],
  { by, ...how }: { readonly reason: string; readonly grace_ms?: number; readonly by: Identity },
): Promise<Task> {
  const within = by.domains;
  const guid = await liveGuid(deps, id, within);
  if (ifState.length > 0) {
    const now = await deps.tasks.find(guid);
    if (now !== undefined && isWithin(within, now.domain)) requireState(guid, now.state, ifState);
  }
  try {
    const command = await ending(deps, guid, { ...how, by: by.name });
    const { after, before } = await deps.tasks.transition(guid, command, { within });
    return fullTask(after ?? before);
  } catch (error) {
    // Finished and gone: idempotent all the same.
    const finished =
      error instanceof DomainError && error.code === 'not_found' ? await deps.history.get(id, within) : undefined;
    if (finished === undefined) throw error;
    requireState(guid, finished.task.state, ifState);
    return finished.task;
  }
}

/** Of none when none is named. */
function requireState(guid: string, state: string, ifState: readonly string[]): void {
  if (ifState.length === 0 || ifState.includes(state)) return;
  const message = `task ${guid} is ${state}, not ${ifState.join(' or ')}`;
  throw new DomainError('invalid_transition', message, { about: { state } });
}

/** A kill is a cancel with a grace; only a cancel without one asks for the task's own checkpoint. */
async function ending(
  deps: LogsDeps,
  guid: string,
  how: { readonly reason: string; readonly grace_ms?: number; readonly by?: string },
): Promise<Command> {
  const task = how.grace_ms === undefined ? await deps.tasks.find(guid) : undefined;
  const polite = task !== undefined && definitionOf(task).stop?.at === 'checkpoint';
  return { type: polite ? 'cancel_at_checkpoint' : 'cancel', ...how };
}

export interface TaskPage {
  readonly tasks: readonly LiveTask[];
  readonly next_page_token: string;
  readonly cursor: string;
  readonly total: number;
}

/** One page. The field mask is the caller's: each edge has its own form of a task. */
export async function listTasks(deps: LogsDeps, request: ListTasksRequest__Output, within: Domains): Promise<TaskPage> {
  await deps.tasks.caughtUp();
  const size = pageSize(request.page_size, PAGE_DEFAULT, PAGE_MOST);
  const below = pageToken(request.page_token);
  const matches = listMatcher(request, within);
  // Taken before the tasks are read: what happens meanwhile is told again by the watch rather than never.
  const cursor = deps.events.cursor;
  const found: LiveTask[] = [];
  let bytes = 0;
  let next = '';
  const past = pastMoment(request);
  const known = past === undefined ? undefined : tasksAt(deps, past);
  const candidates = known === undefined ? deps.view.newestFirst(below) : known;
  for (const task of candidates) {
    if (below !== undefined && task.number >= below) continue;
    if (!matches(task)) continue;
    bytes += task.length;
    if (found.length === size || (found.length > 0 && bytes > PAGE_BYTES)) {
      next = String(found.at(-1)?.number);
      break;
    }
    found.push(task);
  }
  const everything = known === undefined && within === undefined && asksForAll(request);
  const total = everything ? deps.view.taskCount : count(known ?? deps.view.tasks(), matches);
  return { tasks: found, next_page_token: next, cursor, total };
}

function count(tasks: Iterable<LiveTask>, matches: (task: LiveTask) => boolean): number {
  let total = 0;
  for (const task of tasks) if (matches(task)) total += 1;
  return total;
}

/** 0 means the default. @throws DomainError `invalid_argument` outside 1 to `most`. */
export function pageSize(asked: number, usual: number, most: number): number {
  if (asked === 0) return usual;
  if (asked < 1 || asked > most) throw new DomainError('invalid_argument', `page_size: must be 1 to ${most}`);
  return asked;
}

function pageToken(token: string): number | undefined {
  if (token === '') return undefined;
  if (!/^\d{1,15}$/.test(token)) throw new DomainError('invalid_argument', 'page_token: not one that ListTasks gave');
  return Number(token);
}

/** Fields every answer carries, so that a masked list can be paged and its tasks named. */
const ALWAYS = ['task_guid', 'number', 'state'];

/** @throws DomainError `invalid_argument` for what cannot be a field's name. */
export function fieldMask(fields: readonly string[]): <T extends object>(task: T) => T {
  if (fields.length === 0) return (task) => task;
  const bad = fields.filter((field) => !/^[a-z_]+$/.test(field));
  if (bad.length > 0)
    throw new DomainError('invalid_argument', `field_mask: not names of task fields: ${bad.join(', ')}`);
  const keep = new Set([...fields, ...ALWAYS]);
  // Whoever asks for a few fields reads no others.
  return <T extends object>(task: T) =>
    Object.fromEntries(Object.entries(task).filter(([name]) => keep.has(name))) as T;
}

/** What a watch tells, each with the cursor to go on from. */
export type WatchEvent = { readonly cursor: string } & (
  | { readonly type: 'created' | 'removed'; readonly task: LiveTask }
  | { readonly type: 'changed'; readonly before: LiveTask; readonly task: LiveTask }
  | { readonly type: 'resync_needed'; readonly reason: string }
  | { readonly type: 'heartbeat' }
);

/** Every change behind the cursor, until the signal aborts; ends with `resync_needed` rather than skip. */
export async function* watchTasks(
  deps: LogsDeps,
  request: WatchTasksRequest__Output,
  within: Domains,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const { events } = deps;
  const matches = watchMatcher({
    ...request,
    task_guid: request.task_guid === '' ? '' : guidOf(deps, request.task_guid, within),
  });
  await events.reached(request.cursor);
  // A cursor is further than the time it once began with.
  const past = request.cursor === '' && request.since !== '0';
  const from = past
    ? events.after({ timeMs: Number(BigInt(request.since) / 1_000_000n) })
    : events.position(request.cursor);
  if (from === undefined) {
    const reason = 'this server does not know what came behind the cursor';
    yield { type: 'resync_needed', reason, cursor: events.cursor };
    return;
  }
  // Of the past there is none before the first change: who comes again then begins with the time again.
  let cursor = request.cursor === '' && !past ? events.cursor : request.cursor;
  yield { type: 'heartbeat', cursor };
  try {
    for await (const together of events.read(from, signal, HEARTBEAT_MS)) {
      if (together === undefined) {
        yield { type: 'heartbeat', cursor };
        continue;
      }
      for (const event of together) {
        cursor = event.cursor;
        if (event.kind !== 'task') continue;
        // A guid may be used again in another domain: of such a change each domain is told its own half.
        const [before, after] = [ofThese(event.before, within), ofThese(event.after, within)];
        if (!(matches(before) || matches(after))) continue;
        const told = watchEvent(before, after, cursor);
        if (told !== undefined) yield told;
      }
    }
  } catch (error) {
    if (!isDomainError(error, 'compacted')) throw error;
    yield { type: 'resync_needed', reason: error.message, cursor: events.cursor };
  }
}

function ofThese(task: LiveTask | undefined, within: Domains): LiveTask | undefined {
  return task !== undefined && isWithin(within, task.domain) ? task : undefined;
}

function watchEvent(before: LiveTask | undefined, after: LiveTask | undefined, cursor: string): WatchEvent | undefined {
  if (after === undefined) return before === undefined ? undefined : { type: 'removed', task: before, cursor };
  if (before === undefined || before.uid !== after.uid) return { type: 'created', task: after, cursor };
  return { type: 'changed', before, task: after, cursor };
}

/** Out of the bytes that the tasks were encoded to once, for all readers of all events. */
function eventToWire(event: WatchEvent): TaskEvent | Encoded {
  const { cursor } = event;
  switch (event.type) {
    case 'created':
      return taskEvent(FIELDS.created, [event.task], cursor);
    case 'changed':
      return taskEvent(FIELDS.changed, [event.before, event.task], cursor);
    case 'removed':
      return taskEvent(FIELDS.removed, [event.task], cursor);
    case 'resync_needed':
      return { resync_needed: { reason: event.reason }, cursor };
    case 'heartbeat':
      return { heartbeat: {}, cursor };
  }
}

/** The tasks of a change are its first fields. */
function taskEvent(field: number, tasks: readonly LiveTask[], cursor: string): Encoded {
  const change = joinMessage(tasks.map((task, at) => [at + 1, task.answer.bytes] as const));
  return new Encoded(joinMessage([[field, change]], encodeAnswer('TaskService', 'WatchTasks', { cursor })));
}

function submitter({ identity, requestId }: CallContext): Submitter {
  return { name: identity.name, domains: identity.domains, requestId };
}

/** From memory where it is encoded already. */
function answer(task: LiveTask | Task): Encoded | WireTask {
  return task instanceof LiveTask ? task.answer : taskToWire(task);
}

/** One of a batch, as bytes of the answer: its task, or why there is none. */
async function desired(deps: TaskApiDeps, request: TaskCreateRequest__Output, from: Submitter): Promise<Buffer> {
  try {
    const task = await deps.tasks.create(definitionFromWire(request), from);
    const bytes =
      task instanceof LiveTask ? task.answer.bytes : encodeAnswer('TaskService', 'GetTask', taskToWire(task));
    return joinMessage([[FIELDS.results, joinMessage([[FIELDS.task, bytes]])]]);
  } catch (error) {
    return encodeAnswer('TaskService', 'DesireTasks', { results: [{ refusal: verdictOf(error) }] });
  }
}

function requireBatch(field: string, items: readonly unknown[]): void {
  if (items.length > BATCH_MOST)
    throw new DomainError('invalid_argument', `${field}: at most ${BATCH_MOST} at a time, not ${items.length}`);
}
