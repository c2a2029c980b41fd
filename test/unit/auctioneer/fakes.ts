import pino from 'pino';
import { auctioneerConfig } from '../../../src/auctioneer/config.ts';
import { type RunningAuctioneer, startAuctioneer } from '../../../src/auctioneer/main.ts';
import type { DomainError } from '../../../src/domain/errors.ts';
import { AsyncQueue } from '../../../src/platform/async-queue.ts';
import { Channel } from '../../../src/rpc/client.ts';
import type { CellOffer, CellOffer__Output } from '../../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { CellSummary } from '../../../src/rpc/gen/gavel/v1/CellSummary.ts';
import type { ClaimItem__Output } from '../../../src/rpc/gen/gavel/v1/ClaimItem.ts';
import type { PendingEvent } from '../../../src/rpc/gen/gavel/v1/PendingEvent.ts';
import type { PendingEvents } from '../../../src/rpc/gen/gavel/v1/PendingEvents.ts';
import type { PendingTask } from '../../../src/rpc/gen/gavel/v1/PendingTask.ts';
import type { RejectItem__Output } from '../../../src/rpc/gen/gavel/v1/RejectItem.ts';
import { type RunningServer, serve } from '../../../src/rpc/server.ts';
import type { Handlers } from '../../../src/rpc/types.ts';

const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });

export interface FakeTask {
  readonly wire: PendingTask & { task_guid: string; uid: string };
  state: 'pending' | 'claimed' | 'rejected' | 'finished';
  cell?: string;
  attempt?: string;
}

/** What a set of BBS servers shares: the truth about tasks and cells, and the log of its changes. */
export class FakeStore {
  readonly tasks = new Map<string, FakeTask>();
  readonly cells = new Map<string, { offer: CellOffer; epoch: number }>();
  readonly claims: ClaimItem__Output[][] = [];
  readonly notes: RejectItem__Output[] = [];
  readonly watchers = new Set<AsyncQueue<PendingEvents>>();
  readonly watched: string[] = [];
  /** Cells that hear at once of what is claimed for them. */
  readonly listening = new Map<string, (task: FakeTask) => void>();
  /** Thrown by the next calls. */
  claimFailures: DomainError[] = [];
  #log: PendingEvent[] = [];

  emit(event: PendingEvent): void {
    this.#log.push(event);
    const cursor = String(this.#log.length);
    for (const watcher of this.watchers) watcher.push({ events: [{ ...event, cursor }] });
  }

  submit(guid: string, changes: Partial<PendingTask> = {}): FakeTask {
    const wire = {
      task_guid: guid,
      uid: `uid-${guid}-${this.#log.length}`,
      created_at: String(1_700_000_000_000_000_000n + BigInt(this.#log.length)),
      root_fs: 'preloaded:linux',
      memory_mb: 100,
      disk_mb: 100,
      ...changes,
    };
    const task: FakeTask = { wire, state: 'pending' };
    this.tasks.set(guid, task);
    this.emit({ pending: wire });
    return task;
  }

  register(offer: CellOffer, epoch: number): void {
    this.cells.set(offer.cell_id ?? '', { offer, epoch });
    this.emit({ cell: { offer, epoch } });
  }

  unregister(id: string): void {
    const epoch = this.cells.get(id)?.epoch ?? 0;
    this.cells.delete(id);
    this.emit({ cell_gone: { cell_id: id, epoch } });
  }

  remove(guid: string): void {
    this.tasks.delete(guid);
    this.emit({ gone: { task_guid: guid } });
  }

  /** Set: it is not the one who asks that leads. */
  leader: string | undefined;

  handlers(): Handlers<'PlacementService'> {
    return {
      Lead: async ({ auctioneer }) => ({ leader: this.leader ?? auctioneer, lease_ttl: { seconds: 1 } }),
      WatchPending: ({ cursor }, { signal }) => {
        this.watched.push(cursor);
        const queue = new AsyncQueue<PendingEvents>();
        const at = String(this.#log.length);
        if (cursor === '') {
          queue.push({ events: [{ reset: {} }, ...[...this.cells.values()].map((cell) => ({ cell }))] });
          const waiting = [...this.tasks.values()].filter(({ state }) => state === 'pending');
          queue.push({ events: waiting.map((task) => ({ pending: task.wire })) });
          queue.push({ events: [{ synced: {}, cursor: at }] });
        } else {
          for (const [i, event] of this.#log.entries())
            if (i >= Number(cursor)) queue.push({ events: [{ ...event, cursor: String(i + 1) }] });
        }
        this.watchers.add(queue);
        signal.addEventListener('abort', () => {
          this.watchers.delete(queue);
          queue.end();
        });
        return queue;
      },
      ClaimTasks: async ({ items }) => {
        const failure = this.claimFailures.shift();
        if (failure !== undefined) throw failure;
        this.claims.push(items);
        const verdicts = items.map((item) => this.#claim(item));
        // As a BBS does: before the auctioneer has its answer.
        for (const [i, { task_guid, cell_id }] of items.entries()) {
          const task = this.tasks.get(task_guid);
          if (task !== undefined && verdicts[i]?.verdict.code === '') this.listening.get(cell_id)?.(task);
        }
        return { verdicts };
      },
      RejectTasks: async ({ items }) => {
        this.notes.push(...items);
        return { verdicts: items.map((item) => this.#reject(item)) };
      },
    };
  }

  #claim({ task_guid, uid, cell_id, epoch }: ClaimItem__Output) {
    const task = this.tasks.get(task_guid);
    if (task === undefined || task.wire.uid !== uid) return { verdict: { code: 'not_found' } };
    if (task.state !== 'pending') return { verdict: { code: 'invalid_transition' } };
    if (String(this.cells.get(cell_id)?.epoch) !== epoch) return { verdict: { code: 'stale_attempt' } };
    task.state = 'claimed';
    task.cell = cell_id;
    task.attempt = `attempt-${task_guid}`;
    this.emit({ gone: { task_guid } });
    return { verdict: { code: '' }, attempt: task.attempt };
  }

  #reject({ task_guid, never_fits, reason }: RejectItem__Output) {
    const task = this.tasks.get(task_guid);
    if (task?.state !== 'pending') return { code: 'invalid_transition' };
    if (never_fits) {
      task.state = 'rejected';
      this.emit({ gone: { task_guid } });
    } else {
      task.wire.waiting_for = reason;
      this.emit({ pending: task.wire });
    }
    return {};
  }
}

/** As the BBS tells it. */
export function wireOffer(cell_id: string, changes: Partial<CellOffer__Output> = {}): CellOffer__Output {
  return {
    cell_id,
    zone: '',
    stacks: ['linux'],
    preloaded_rootfs: [],
    rootfs_schemes: ['docker'],
    placement_tags: [],
    optional_placement_tags: [],
    capacity: { memory_mb: '1000', disk_mb: '1000', containers: 10 },
    versions: {},
    ...changes,
  };
}

export function offerOf(id: string, changes: CellOffer = {}): CellOffer {
  return {
    cell_id: id,
    stacks: ['linux'],
    preloaded_rootfs: ['linux'],
    capacity: { memory_mb: 1_000, disk_mb: 10_000, containers: 100 },
    ...changes,
  };
}

/** A cell that takes what is claimed for it: it counts it, and says so in its next summary. */
export class FakeCell {
  readonly offer: CellOffer;
  readonly got: string[] = [];
  /** Room taken here; a test frees it again. */
  readonly held = new Map<string, number>();
  mostUsedMb = 0;
  ended: unknown;
  epoch: number;
  /** While false it has not counted yet what was claimed for it: it says again what it said before. */
  acknowledges = true;
  closed = false;
  #accounted: string[] = [];
  #last: CellSummary | undefined;
  readonly #store: FakeStore;
  readonly #channel: Channel;
  readonly #up = new AsyncQueue<CellSummary>();
  readonly #hangUp = new AbortController();
  readonly finished: Promise<void>;

  constructor(store: FakeStore, address: string, offer: CellOffer, epoch: number) {
    this.#store = store;
    this.offer = offer;
    this.epoch = epoch;
    this.#channel = new Channel({ addresses: [address] });
    this.tell();
    store.listening.set(offer.cell_id ?? '', this.#take);
    this.finished = this.#read();
  }

  readonly #take = ({ wire, attempt = '' }: FakeTask): void => {
    this.got.push(wire.task_guid);
    this.held.set(wire.task_guid, wire.memory_mb ?? 0);
    this.#accounted.push(attempt);
    this.tell();
  };

  tell(): void {
    if (!this.acknowledges && this.#last !== undefined) {
      this.#up.push({ ...this.#last, accounted: [] });
      return;
    }
    const capacity = this.offer.capacity;
    const used = [...this.held.values()].reduce((sum, mb) => sum + mb, 0);
    this.mostUsedMb = Math.max(this.mostUsedMb, used);
    this.#last = {
      offer: this.offer,
      epoch: this.epoch,
      free: {
        memory_mb: Number(capacity?.memory_mb) - used,
        disk_mb: Number(capacity?.disk_mb),
        containers: (capacity?.containers ?? 0) - this.held.size,
      },
      closed: this.closed,
      accounted: this.#accounted.splice(0),
    };
    this.#up.push(this.#last);
  }

  finish(guid: string): void {
    this.held.delete(guid);
    const task = this.#store.tasks.get(guid);
    if (task !== undefined) task.state = 'finished';
    this.tell();
  }

  async leave(): Promise<void> {
    const { listening } = this.#store;
    const id = this.offer.cell_id ?? '';
    if (listening.get(id) === this.#take) listening.delete(id);
    this.#hangUp.abort();
    this.#up.end();
    await this.finished;
  }

  async #read(): Promise<void> {
    try {
      const stream = this.#channel.client('AuctionService').Join(this.#up, { signal: this.#hangUp.signal });
      for await (const _ of stream);
      this.ended = 'end';
    } catch (error) {
      this.ended = error;
    } finally {
      this.#channel.close();
    }
  }
}

/** One or two BBS, auctioneers, cells; stopped together. */
export class World {
  readonly store = new FakeStore();
  readonly #stops: (() => Promise<unknown>)[] = [];

  async bbs(listen = '127.0.0.1:0'): Promise<RunningServer> {
    const server = await serve({ listen, log, services: { PlacementService: this.store.handlers() } });
    this.#stops.push(() => server.stop(100));
    return server;
  }

  async auctioneer(bbs: string[], settleMs = 300): Promise<RunningAuctioneer> {
    const config = auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs });
    const running = await startAuctioneer(config, { log, settleMs, awayMs: settleMs });
    this.#stops.push(() => running.stop());
    return running;
  }

  /** Registers a cell, and joins it. */
  cell(auctioneer: RunningAuctioneer, offer: CellOffer, epoch = 1): FakeCell {
    this.store.register(offer, epoch);
    return this.join(auctioneer, offer, epoch);
  }

  join(auctioneer: RunningAuctioneer, offer: CellOffer, epoch = 1): FakeCell {
    const cell = new FakeCell(this.store, auctioneer.address, offer, epoch);
    this.#stops.push(() => cell.leave());
    return cell;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }
}

export async function until(what: () => boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!what()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
