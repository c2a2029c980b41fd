import { randomUUID } from 'node:crypto';
import { Batcher } from '../cells/rep/batcher.ts';
import { durationMsFromWire } from '../src/rpc/codec.ts';
import type { CellSummary } from '../src/rpc/gen/gavel/v1/CellSummary.ts';
import type { CompleteItem } from '../src/rpc/gen/gavel/v1/CompleteItem.ts';
import type { ControlMessage__Output } from '../src/rpc/gen/gavel/v1/ControlMessage.ts';
import type { FetchedTask__Output } from '../src/rpc/gen/gavel/v1/FetchedTask.ts';
import type { Joined__Output } from '../src/rpc/gen/gavel/v1/Joined.ts';
import type { StartItem } from '../src/rpc/gen/gavel/v1/StartItem.ts';
import type { Task__Output } from '../src/rpc/gen/gavel/v1/Task.ts';
import type { Verdict__Output } from '../src/rpc/gen/gavel/v1/Verdict.ts';
import type { Client } from '../src/rpc/types.ts';
import { LeanCalls } from './lean-calls.ts';
import { LeanChannel } from './lean-client.ts';
import { LeanStream } from './lean-stream.ts';

/*
 * Cells that speak the whole of a cell's part (place and renewals, control stream, joined auctioneer, start, complete)
 * as cells/rep does, and run nothing: a process ends the moment it has begun. Each has its own connections, as a cell has.
 */

/** Where the driver hears of its tasks. */
export interface Sight {
  reached(guid: string): void;
  started(guid: string): void;
  completed(guid: string): void;
}

interface Claim {
  readonly task_guid: string;
  readonly attempt: string;
}

const MEMORY_MB = 65_536;
const DISK_MB = 262_144;
const CONTAINERS = 250;
/** As cells/rep/auction-link.ts tells what it has booked. */
const ACCOUNTED_MS = 200;
const outcome = { outcome: 'succeeded', exit_code: 0, result: Buffer.from('{"ok":true}'), result_bytes: 11 };
const DIGEST = 'sha256:3f57d9401f8d42f986df300f0c69192fc41da28ccc8d797829467780db3dd741';

export class ScriptedCell {
  readonly id: string;
  readonly #bbs: LeanChannel;
  readonly #auction: LeanChannel;
  readonly #calls: LeanCalls<'CellService'>;
  readonly #cells: Client<'CellService'>;
  readonly #sight: Sight;
  readonly #seen = new Set<string>();
  readonly #used = { memory: 0, disk: 0, containers: 0 };
  readonly #fetches: Batcher<Claim, FetchedTask__Output>;
  readonly #starts: Batcher<StartItem, Verdict__Output>;
  readonly #completes: Batcher<CompleteItem, Verdict__Output>;
  #accounted: string[] = [];
  #epoch = '';
  #renewal: NodeJS.Timeout | undefined;
  #join: LeanStream<CellSummary, Joined__Output> | undefined;
  #control: LeanStream<{ cell_id: string; epoch: string }, ControlMessage__Output> | undefined;
  #stale = false;
  #later: NodeJS.Timeout | undefined;
  #stopping = false;
  /** The first thing that went wrong; the driver looks. */
  failure: Error | undefined;
  renewals = 0;
  fetches = 0;

  constructor(id: string, bbs: string, auctioneer: string, sight: Sight) {
    this.id = id;
    this.#sight = sight;
    this.#bbs = new LeanChannel(bbs);
    this.#auction = new LeanChannel(auctioneer);
    this.#calls = new LeanCalls(this.#bbs, 'CellService');
    this.#cells = this.#calls.client;
    const head = () => ({ cell_id: this.id, epoch: this.#epoch });
    this.#fetches = new Batcher(
      async (claims) => (await this.#cells.FetchTasks({ ...head(), claims: [...claims] })).tasks,
    );
    this.#starts = new Batcher(
      async (items) => (await this.#cells.StartTasks({ ...head(), items: [...items] })).verdicts,
    );
    this.#completes = new Batcher(
      async (items) => (await this.#cells.CompleteTasks({ ...head(), items: [...items] })).verdicts,
    );
  }

  async start(): Promise<void> {
    const { epoch, lease_ttl } = await this.#cells.Register({ offer: this.#offer(), incarnation: randomUUID() });
    this.#epoch = epoch;
    this.#renew((durationMsFromWire(lease_ttl) ?? 10_000) / 3);
    await new Promise<void>((open) => {
      this.#control = new LeanStream(
        this.#bbs,
        'CellService.Control',
        ({ placed, claimed }: ControlMessage__Output) => {
          open();
          for (const task of placed?.tasks ?? []) void this.#take(task, task);
          if (claimed !== undefined && claimed !== null) void this.#take(claimed, undefined);
        },
      );
      this.#watch(this.#control.ended);
      this.#control.send({ cell_id: this.id, epoch });
      this.#control.finish();
    });
    this.#join = new LeanStream(this.#auction, 'AuctionService.Join', () => {});
    this.#watch(this.#join.ended);
    this.#join.send({ ...this.#summary(), offer: this.#offer() });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#later);
    this.#join?.close();
    await this.#cells.Leave({ cell_id: this.id, epoch: this.#epoch }).catch(() => {});
    this.#control?.close();
    this.#calls.close();
    this.#auction.close();
    this.#bbs.close();
  }

  get idle(): boolean {
    return this.#used.containers === 0;
  }

  /** From a random moment on, so that a thousand cells do not renew in step. */
  #renew(everyMs: number, first = Math.random()): void {
    this.#renewal = setTimeout(() => {
      this.#cells.Renew({ cell_id: this.id, epoch: this.#epoch }).then(
        () => {
          this.renewals += 1;
          this.#renew(everyMs, 1);
        },
        // A store that is late is asked again soon, as cells/rep/membership.ts does; a place that is gone is a fault here.
        (error: unknown) => (/: unavailable /.test(String(error)) ? this.#renew(everyMs, 0.1) : this.#fail(error)),
      );
    }, everyMs * first);
  }

  async #take({ task_guid, attempt }: Claim, told: Task__Output | undefined): Promise<void> {
    if (this.#seen.has(attempt)) return;
    this.#seen.add(attempt);
    this.#sight.reached(task_guid);
    try {
      const mine = { task_guid, attempt };
      const { memory_mb, disk_mb } = told ?? (await this.#fetch(mine));
      this.#book(memory_mb, disk_mb, 1);
      this.#accounted.push(attempt);
      this.#later ??= setTimeout(() => this.#changed(), ACCOUNTED_MS);
      const limits_in_force = { memory: `${memory_mb} MB`, disk: `${disk_mb} MB` };
      done(await this.#starts.call({ claim: mine, nonce: randomUUID(), image_digest: DIGEST, limits_in_force }));
      this.#sight.started(task_guid);
      done(await this.#completes.call({ claim: mine, outcome }));
      this.#sight.completed(task_guid);
      this.#book(-memory_mb, -disk_mb, -1);
      this.#changed();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #fetch(claim: Claim): Promise<Task__Output> {
    this.fetches += 1;
    const { task, verdict } = await this.#fetches.call(claim);
    if (task === null || verdict?.code !== '') throw new Error(`not fetched: ${verdict?.message}`);
    return task;
  }

  #book(memory: number, disk: number, containers: number): void {
    this.#used.memory += memory;
    this.#used.disk += disk;
    this.#used.containers += containers;
  }

  /** What changes in one turn goes in one summary, as in cells/rep/auction-link.ts. */
  #changed(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    if (this.#stale || this.#stopping) return;
    this.#stale = true;
    setImmediate(() => {
      this.#stale = false;
      if (!this.#stopping) this.#join?.send(this.#summary());
    });
  }

  #summary(): CellSummary {
    const { memory, disk, containers } = this.#used;
    const accounted = this.#accounted;
    this.#accounted = [];
    const free = { memory_mb: MEMORY_MB - memory, disk_mb: DISK_MB - disk, containers: CONTAINERS - containers };
    return { epoch: this.#epoch, free, closed: false, accounted };
  }

  #offer() {
    return {
      cell_id: this.id,
      zone: `z${Number(this.id.replace(/\D/g, '')) % 3}`,
      stacks: ['lucid64'],
      preloaded_rootfs: ['lucid64'],
      rootfs_schemes: ['docker'],
      capacity: { memory_mb: MEMORY_MB, disk_mb: DISK_MB, containers: CONTAINERS },
    };
  }

  #watch(ended: Promise<Error | undefined>): void {
    void ended.then((error) => {
      if (!this.#stopping) this.#fail(error ?? new Error('a stream ended'));
    });
  }

  #fail(error: unknown): void {
    if (this.#stopping) return;
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }
}

function done(verdict: Verdict__Output): void {
  if (verdict.code !== '') throw new Error(`a step was refused: ${verdict.code} ${verdict.message}`);
}

/** Starts so many, a few at a time. */
export async function startCells(
  count: number,
  addresses: { readonly bbs: string; readonly auctioneer: string },
  sight: Sight,
): Promise<ScriptedCell[]> {
  const cells = Array.from(
    { length: count },
    (_, at) => new ScriptedCell(`cell-${at}`, addresses.bbs, addresses.auctioneer, sight),
  );
  await inLanes(cells, (cell) => cell.start());
  return cells;
}

export async function stopCells(cells: readonly ScriptedCell[]): Promise<void> {
  await inLanes(cells, (cell) => cell.stop());
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>, lanes = 32): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
    }),
  );
}
