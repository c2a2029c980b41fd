import { AWAY_MS } from '../../src/domain/deadlines.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { traced, traceparent } from '../../src/platform/trace.ts';
import { durationToWire } from '../../src/rpc/codec.ts';
import type { ClaimVerdict } from '../../src/rpc/gen/gavel/v1/ClaimVerdict.ts';
import type { PendingEvent } from '../../src/rpc/gen/gavel/v1/PendingEvent.ts';
import type { PendingEvents } from '../../src/rpc/gen/gavel/v1/PendingEvents.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import { AUCTION_LEASE_MS, type AuctionLead } from '../auction-lead.ts';
import type { Control } from '../control.ts';
import type { Event, Events } from '../events.ts';
import { cellKey, drainKey } from '../keys.ts';
import { definitionOf, isWhole, type LiveTask } from '../live-task.ts';
import { randomHex } from '../random.ts';
import type { Tasks } from '../tasks.ts';
import type { LiveCell, View } from '../view.ts';
import { DONE, verdictOf, verdicts } from './verdict.ts';

export interface PlacementApiDeps {
  readonly view: View;
  readonly tasks: Tasks;
  readonly events: Events;
  readonly lead: AuctionLead;
  readonly control: Control;
}

const HEARTBEAT_MS = 15_000;
/** Of the list, in one message. */
const LISTED = 200;

export function placementApi(deps: PlacementApiDeps): Handlers<'PlacementService'> {
  const { tasks, view, events, lead, control } = deps;
  return {
    async *WatchPending({ cursor }, context) {
      await tasks.caughtUp();
      await events.reached(cursor);
      const resumed = cursor === '' ? undefined : events.position(cursor);
      // Everything up to the next `await` sees one state of the view: the snapshot and the place where the events begin agree.
      const from = resumed ?? events.position('') ?? 0;
      const begin = resumed === undefined ? events.cursor : cursor;
      if (resumed === undefined) yield* gathered(snapshot(view));
      yield { events: [{ synced: {}, cursor: begin }] };
      for await (const together of events.read(from, context.signal, HEARTBEAT_MS)) {
        const told = together?.map(tell).filter((event) => event !== undefined) ?? [];
        if (told.length > 0) yield { events: told };
      }
    },
    ClaimTasks: async ({ items }) => {
      const claimed: LiveTask[] = [];
      const verdicts = await Promise.all(
        items.map(async ({ task_guid, uid, cell_id, epoch }): Promise<ClaimVerdict> => {
          const attempt = randomHex(16);
          const claim = async () =>
            await tasks.transition(
              task_guid,
              { type: 'claim', cell_id, epoch: Number(epoch), attempt },
              {
                uid,
                guards: [
                  { key: cellKey(cell_id), createRevision: Number(epoch) },
                  { key: drainKey(cell_id), modRevision: 0 },
                ],
                guardError: () =>
                  new DomainError(
                    'stale_attempt',
                    `cell ${cell_id} is not registered under epoch ${epoch}, or is to be drained`,
                  ),
              },
            );
          try {
            // Of the task's trace; the round that it is a part of is told beside it.
            const parent = view.task(task_guid)?.status.traceparent;
            const attributes = { 'gavel.task': task_guid, 'gavel.cell': cell_id, 'gavel.attempt': attempt };
            const { after } = await traced('claim', { parent, link: traceparent(), attributes }, claim);
            if (after !== undefined) claimed.push(after);
            return { verdict: DONE, attempt };
          } catch (error) {
            return { verdict: verdictOf(error), attempt: '' };
          }
        }),
      );
      control.place(claimed);
      return { verdicts };
    },
    Lead: async ({ auctioneer, resign }) => {
      if (resign) await lead.resign(auctioneer);
      const leader = resign ? '' : await lead.ask(auctioneer);
      return { leader, lease_ttl: durationToWire(AUCTION_LEASE_MS) };
    },
    RejectTasks: async ({ items }) => ({
      verdicts: await verdicts(items, async ({ task_guid, uid, reason, never_fits }) => {
        if (reason === '') throw new DomainError('invalid_argument', 'reason: is required');
        await tasks.transition(task_guid, { type: 'reject', reason, never_fits }, { uid });
      }),
    }),
  };
}

/** In messages of so many. */
function* gathered(events: Iterable<PendingEvent>): Generator<PendingEvents> {
  let together: PendingEvent[] = [];
  for (const event of events) {
    together.push(event);
    if (together.length < LISTED) continue;
    yield { events: together };
    together = [];
  }
  if (together.length > 0) yield { events: together };
}

function* snapshot(view: View): Generator<PendingEvent> {
  const cells = [...view.cells()];
  const away = view.absent.within(AWAY_MS);
  const guids = [...view.tasks()].filter((task) => task.waitsForCell).map((task) => task.guid);
  yield { reset: {} };
  for (const cell of cells) yield known(cell);
  // An auctioneer that begins now has not seen them go, and would call impossible what only waits for them.
  for (const { id, last } of away) {
    if (view.cell(id) !== undefined) continue;
    if (last !== undefined) {
      yield known(last);
      yield gone(id, last.epoch);
      // Gone since before this process began: all that is known is that it holds tasks, and so may come back.
    } else if (view.tasksOfCell(id).length > 0) yield gone(id, 0);
  }
  for (const guid of guids) {
    // As it is by now: its changes since the snapshot was taken come again as events.
    const task = view.task(guid);
    if (task !== undefined && task.waitsForCell && isWhole(task)) yield pending(task);
  }
}

function tell(event: Event): PendingEvent | undefined {
  const { cursor } = event;
  if (event.kind === 'cell') {
    if (event.after !== undefined) return { ...known(event.after), cursor };
    return event.before === undefined ? undefined : { ...gone(event.id, event.before.epoch), cursor };
  }
  if (event.after !== undefined && event.after.waitsForCell && isWhole(event.after))
    return { ...pending(event.after), cursor };
  if (event.before !== undefined && event.before.waitsForCell) return { gone: { task_guid: event.guid }, cursor };
  return undefined;
}

function pending(task: LiveTask): PendingEvent {
  const { status } = task;
  const { stack, root_fs, memory_mb, disk_mb, cpu_weight, placement_tags } = definitionOf(task);
  return {
    pending: {
      task_guid: status.task_guid,
      uid: status.uid,
      created_at: status.created_at.toString(),
      domain: status.domain,
      stack,
      root_fs,
      memory_mb,
      disk_mb,
      cpu_weight,
      placement_tags: [...placement_tags],
      rejection_count: status.rejection_count,
      waiting_for: status.waiting_for,
      not_before: status.not_before.toString(),
    },
  };
}

function gone(cell_id: string, epoch: number): PendingEvent {
  return { cell_gone: { cell_id, epoch } };
}

function known(cell: LiveCell): PendingEvent {
  const { stacks, preloaded_rootfs, rootfs_schemes, placement_tags, optional_placement_tags, ...offer } =
    cell.record.offer;
  return {
    cell: {
      offer: {
        ...offer,
        stacks: [...stacks],
        preloaded_rootfs: [...preloaded_rootfs],
        rootfs_schemes: [...rootfs_schemes],
        placement_tags: [...placement_tags],
        optional_placement_tags: [...optional_placement_tags],
      },
      epoch: cell.epoch,
    },
  };
}
