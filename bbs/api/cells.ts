import { DomainError } from '../../src/domain/errors.ts';
import { OUTCOMES } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { definitionBytes, durationToWire, usageFromWire } from '../../src/rpc/codec.ts';
import { Encoded, encodeAnswer, joinMessage } from '../../src/rpc/encoded.ts';
import type { ControlMessage } from '../../src/rpc/gen/gavel/v1/ControlMessage.ts';
import type { DrainState } from '../../src/rpc/gen/gavel/v1/DrainState.ts';
import type { TaskClaim__Output } from '../../src/rpc/gen/gavel/v1/TaskClaim.ts';
import type { TaskOutcome__Output } from '../../src/rpc/gen/gavel/v1/TaskOutcome.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { CellData } from '../cell-data.ts';
import type { Cells } from '../cells.ts';
import type { Control, Order } from '../control.ts';
import type { Inputs } from '../inputs.ts';
import { cellKey } from '../keys.ts';
import { definitionOf, isWhole, type LiveTask } from '../live-task.ts';
import type { LogRelay } from '../logs.ts';
import type { DrainRecord } from '../records.ts';
import type { Tasks, TransitionOptions } from '../tasks.ts';
import { cellEventsWrites } from '../timeline.ts';
import type { Timelines } from '../timelines.ts';
import type { View } from '../view.ts';
import { requireCell, verdictOf, verdicts } from './verdict.ts';
import { cellEventsFromWire, dataOrderToWire, offerFromWire } from './wire.ts';

/** Numbers in FetchTasksResponse and FetchedTask, for answers put together of bytes. */
const FIELDS = { tasks: 1, task: 1, verdict: 2 } as const;
/** And in ControlMessage and PlacedTasks. */
const PLACED = { placed: 7, tasks: 1 } as const;
/** Of definitions in one message. One that is larger goes alone. */
const PLACED_BYTES = 1 << 20;

export interface CellApiDeps {
  readonly view: View;
  readonly tasks: Tasks;
  readonly cells: Cells;
  readonly control: Control;
  readonly logs: LogRelay;
  readonly data: CellData;
  readonly timelines: Timelines;
  readonly inputs: Inputs;
  readonly clock: Clock;
  /** From the end of a cell's lease to the failing of what ran there. */
  readonly lostGraceMs: number;
}

export function cellApi(deps: CellApiDeps): Handlers<'CellService'> {
  const { tasks, cells, control, clock } = deps;
  /** What a cell has to know of its place. */
  const termsOf = (cellId: string) => ({
    lease_ttl: durationToWire(cells.leaseTtlMs),
    lost_after: durationToWire(cells.leaseTtlMs + deps.lostGraceMs),
    drain: drainToWire(deps.view.drain(cellId), clock),
  });
  return {
    Register: async ({ offer, incarnation, replaces }, context) => {
      if (offer === null) throw new DomainError('invalid_argument', 'offer: is required');
      requireCell(context, offer.cell_id);
      const epoch = await cells.register(offerFromWire(offer), incarnation, replaces);
      return { epoch, ...termsOf(offer.cell_id) };
    },
    Renew: async ({ cell_id, epoch }, context) => {
      requireCell(context, cell_id);
      await cells.renew(cell_id, Number(epoch));
      return termsOf(cell_id);
    },
    Leave: async ({ cell_id, epoch }, context) => {
      requireCell(context, cell_id);
      await cells.leave(cell_id, Number(epoch));
      return {};
    },
    FetchTasks: async ({ cell_id, claims }, context) => {
      requireCell(context, cell_id);
      const found = await Promise.all(claims.map((claim) => fetch(deps, cell_id, claim)));
      return new Encoded(Buffer.concat(found));
    },
    async *FetchInput({ cell_id, claim }, context) {
      requireCell(context, cell_id);
      yield* deps.inputs.read(await held(deps, cell_id, named(claim)));
    },
    StartTasks: async ({ cell_id, epoch, items }, context) => {
      requireCell(context, cell_id);
      const fence = fenced(cell_id, Number(epoch));
      return {
        verdicts: await verdicts(items, async ({ claim, nonce, image_digest, limits_in_force }) => {
          const { task_guid, attempt } = named(claim);
          if (nonce === '') throw new DomainError('invalid_argument', 'nonce: is required');
          const command = {
            type: 'start',
            cell_id,
            epoch: Number(epoch),
            attempt,
            nonce,
            image_digest,
            limits_in_force,
          } as const;
          await tasks.transition(task_guid, command, fence);
        }),
      };
    },
    ReleaseTasks: async ({ cell_id, items }, context) => {
      requireCell(context, cell_id);
      return {
        verdicts: await verdicts(items, async ({ claim, code, reason, events }) => {
          const { task_guid, attempt } = named(claim);
          const told = { alongside: cellEventsWrites(cell_id, attempt, cellEventsFromWire(events), 'release') };
          await tasks.transition(task_guid, { type: 'release', cell_id, attempt, code, reason }, told);
        }),
      };
    },
    CompleteTasks: async ({ cell_id, items }, context) => {
      requireCell(context, cell_id);
      // No epoch is compared here: while nobody has called the task lost, its true outcome wins.
      return {
        verdicts: await verdicts(items, async ({ claim, outcome, events }) => {
          const { task_guid, attempt } = named(claim);
          const told = { alongside: cellEventsWrites(cell_id, attempt, cellEventsFromWire(events), 'end') };
          const ending = endingFromWire(outcome);
          await tasks.transition(task_guid, { type: 'complete', cell_id, attempt, ending }, told);
        }),
      };
    },
    AdoptTasks: async ({ cell_id, epoch, claims }, context) => {
      requireCell(context, cell_id);
      const fence = fenced(cell_id, Number(epoch));
      return {
        verdicts: await verdicts(claims, async ({ task_guid, attempt }) => {
          await tasks.transition(task_guid, { type: 'adopt', cell_id, attempt, epoch: Number(epoch) }, fence);
        }),
      };
    },
    ListMyTasks: async ({ cell_id }, context) => {
      requireCell(context, cell_id);
      await tasks.caughtUp();
      return {
        tasks: deps.view.tasksOfCell(cell_id).map(({ status }) => ({
          claim: { task_guid: status.task_guid, attempt: status.attempt },
          state: status.state,
          epoch: status.epoch,
        })),
      };
    },
    async *Control({ cell_id, epoch }, context) {
      requireCell(context, cell_id);
      cells.requireEpoch(cell_id, Number(epoch));
      const orders = control.connect(cell_id);
      const hangUp = () => orders.end();
      context.signal.addEventListener('abort', hangUp, { once: true });
      try {
        // The first message tells the cell that its orders arrive from now on.
        yield { heartbeat: {} };
        for await (const order of orders) {
          if (order.type === 'placed') yield* placedToWire(order.tasks);
          else yield orderToWire(order, clock);
        }
      } finally {
        control.disconnect(cell_id, orders);
      }
    },
    PushData: async (messages, context) => {
      await deps.data.accept(messages, (cellId) => requireCell(context, cellId));
      return {};
    },
    NoteEvents: async ({ cell_id, claim, events }, context) => {
      requireCell(context, cell_id);
      const { task_guid, attempt } = named(claim);
      await deps.timelines.note(task_guid, cell_id, attempt, cellEventsFromWire(events));
      return {};
    },
    PushLogs: async (messages, context) => {
      await deps.logs.accept(messages, (cellId) => requireCell(context, cellId));
      return {};
    },
  };
}

/** Holds only while the cell has its place under this epoch. */
function fenced(cellId: string, epoch: number): TransitionOptions {
  return {
    guards: [{ key: cellKey(cellId), createRevision: epoch }],
    guardError: () => new DomainError('stale_attempt', `cell ${cellId} is no longer registered under epoch ${epoch}`),
  };
}

/** The answer of one claim, as bytes: of those that other readers are told, too, and the one field that only the cell is. */
async function fetch(deps: CellApiDeps, cellId: string, claim: TaskClaim__Output): Promise<Buffer> {
  try {
    const live = await held(deps, cellId, claim);
    if (!isWhole(live)) throw new DomainError('internal', `the definition of task ${claim.task_guid} cannot be read`);
    const fetched = joinMessage([
      [FIELDS.task, taskForCell(live)],
      [FIELDS.verdict, Buffer.alloc(0)],
    ]);
    return joinMessage([[FIELDS.tasks, fetched]]);
  } catch (error) {
    return encodeAnswer('CellService', 'FetchTasks', { tasks: [{ task: null, verdict: verdictOf(error) }] });
  }
}

/** Of a field that comes twice the last one counts. */
function taskForCell(live: LiveTask): Buffer {
  const { bytes } = live.answer;
  const { image_password } = definitionOf(live);
  return image_password === '' ? bytes : Buffer.concat([bytes, definitionBytes({ image_password })]);
}

function* placedToWire(tasks: readonly LiveTask[]): Generator<Encoded> {
  let parts: (readonly [number, Buffer])[] = [];
  let bytes = 0;
  for (const live of tasks) {
    // One whose definition cannot be read is told as a claim a moment later, and refused where it is fetched.
    if (!isWhole(live)) continue;
    const task = taskForCell(live);
    if (bytes > 0 && bytes + task.length > PLACED_BYTES) {
      yield new Encoded(joinMessage([[PLACED.placed, joinMessage(parts)]]));
      [parts, bytes] = [[], 0];
    }
    parts.push([PLACED.tasks, task]);
    bytes += task.length;
  }
  if (parts.length > 0) yield new Encoded(joinMessage([[PLACED.placed, joinMessage(parts)]]));
}

/** @throws DomainError `stale_attempt` when the cell does not hold the task by this attempt. */
async function held(deps: CellApiDeps, cellId: string, { task_guid, attempt }: TaskClaim__Output): Promise<LiveTask> {
  // A claim is told to the cell the moment it commits: before the watch has brought it here, and perhaps by another BBS.
  const seen = deps.view.newest(task_guid);
  const live = seen?.status.attempt === attempt ? seen : await deps.tasks.read(task_guid);
  if (live === undefined) throw new DomainError('not_found', `no task ${task_guid}`);
  const { status } = live;
  const theirs =
    status.cell_id === cellId &&
    status.attempt === attempt &&
    (status.state === 'CLAIMED' || status.state === 'RUNNING');
  if (!theirs) throw new DomainError('stale_attempt', `task ${task_guid} is not held by this attempt`);
  return live;
}

function named(claim: TaskClaim__Output | null): TaskClaim__Output {
  if (claim === null || claim.task_guid === '' || claim.attempt === '') {
    throw new DomainError('invalid_argument', 'claim: task_guid and attempt are required');
  }
  return claim;
}

function endingFromWire(wire: TaskOutcome__Output | null): Ending {
  const outcome = OUTCOMES.find((known) => known === wire?.outcome);
  if (wire === null || outcome === undefined)
    throw new DomainError('invalid_argument', `outcome: must be one of ${OUTCOMES.join(', ')}`);
  const usage = usageFromWire(wire.usage);
  const known =
    (wire as TaskOutcome__Output & { _exit_code?: string })._exit_code !== undefined && wire.exit_code !== undefined;
  return {
    outcome,
    failure_reason: wire.failure_reason,
    failure_code: wire.failure_code,
    ...(known ? { exit_code: wire.exit_code } : {}),
    oom_killed: wire.oom_killed,
    result: Buffer.from(wire.result).toString('utf8'),
    result_truncated: wire.result_truncated,
    result_bytes: Number(wire.result_bytes),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** As a time left, since the clocks of two machines differ. */
function drainToWire(drain: DrainRecord | undefined, clock: Clock): DrainState {
  if (drain === undefined) return { draining: false, left: null };
  return { draining: true, left: durationToWire(Math.max(0, drain.deadline_at - clock.nowMs())) };
}

function orderToWire(order: Exclude<Order, { type: 'placed' }>, clock: Clock): ControlMessage {
  switch (order.type) {
    case 'drain':
      return { drain: drainToWire(order.drain, clock) };
    case 'claimed':
      return { claimed: { task_guid: order.guid, attempt: order.attempt } };
    case 'stop': {
      const { guid, attempt, reason, graceMs, atCheckpoint } = order.stop;
      return {
        stop: {
          claim: { task_guid: guid, attempt },
          reason,
          grace: graceMs === undefined ? null : durationToWire(graceMs),
          at_checkpoint: atCheckpoint,
        },
      };
    }
    case 'data':
      return dataOrderToWire(order.data);
    case 'logs': {
      const { requestId, guid, attempt, afterSequence, ...rest } = order.logs;
      return {
        logs_wanted: {
          request_id: requestId,
          claim: { task_guid: guid, attempt },
          request: { task_guid: guid, after_sequence: afterSequence, ...rest },
        },
      };
    }
  }
}
