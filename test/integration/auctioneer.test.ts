import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bbsConfig } from '../../bbs/config.ts';
import { type RunningBbs, startBbs } from '../../bbs/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { type RunningAuctioneer, startAuctioneer } from '../../src/auctioneer/main.ts';
import { AsyncQueue } from '../../src/platform/async-queue.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { CellSummary } from '../../src/rpc/gen/gavel/v1/CellSummary.ts';
import type { TaskClaim__Output } from '../../src/rpc/gen/gavel/v1/TaskClaim.ts';
import { placedOn } from '../support/placed.ts';

const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
const MEMORY_MB = 1_000;
const TASK_MB = 100;

let folder: string;
let bbs: RunningBbs;
let channel: Channel;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gavel-auctioneer-'));
  const store = { kind: 'embedded' as const, path: folder };
  bbs = await startBbs(bbsConfig.parse({ listen: '127.0.0.1:0', store }), { log });
  channel = new Channel({ addresses: [bbs.address] });
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  channel.close();
  await bbs.stop();
  await rm(folder, { recursive: true, force: true });
});

async function auctioneer(listen = '127.0.0.1:0'): Promise<RunningAuctioneer> {
  const running = await startAuctioneer(auctioneerConfig.parse({ listen, bbs: [bbs.address] }), { log, settleMs: 500 });
  stops.push(() => running.stop());
  return running;
}

/** A cell on the real wire whose containers are imagined: each runs for a moment and succeeds. */
class ScriptedCell {
  readonly id: string;
  readonly #calls = channel.client('CellService');
  readonly #held = new Map<string, number>();
  readonly #ending = new AbortController();
  #epoch = '0';
  #up = new AsyncQueue<CellSummary>();
  #accounted: string[] = [];
  #hearing: Promise<void> = Promise.resolve();
  #loop: Promise<void> = Promise.resolve();
  mostMb = 0;
  started: string[] = [];

  constructor(id: string) {
    this.id = id;
  }

  async start(addresses: readonly string[]): Promise<void> {
    const { epoch } = await this.#calls.Register({ offer: this.#offer(), incarnation: `${this.id}-1` });
    this.#epoch = epoch;
    this.#hearing = this.#hear();
    this.#loop = this.#run(addresses);
    stops.push(async () => {
      this.#ending.abort();
      this.#up.end();
      await Promise.all([this.#loop, this.#hearing]);
    });
  }

  #offer() {
    const capacity = { memory_mb: MEMORY_MB, disk_mb: 100_000, containers: 50 };
    return { cell_id: this.id, stacks: ['linux'], preloaded_rootfs: ['linux'], rootfs_schemes: ['docker'], capacity };
  }

  #tell(): void {
    const used = [...this.#held.values()].reduce((sum, mb) => sum + mb, 0);
    this.mostMb = Math.max(this.mostMb, used);
    const free = { memory_mb: MEMORY_MB - used, disk_mb: 100_000, containers: 50 - this.#held.size };
    this.#up.push({ offer: this.#offer(), epoch: this.#epoch, free, accounted: this.#accounted.splice(0) });
  }

  async #run(addresses: readonly string[]): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const auction = new Channel({ addresses });
      this.#up = new AsyncQueue<CellSummary>();
      this.#accounted = [...this.#held.keys()];
      this.#tell();
      try {
        for await (const _ of auction.client('AuctionService').Join(this.#up, { signal }));
      } catch {
        // The auctioneer is away; the next turn joins again.
      }
      auction.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #hear(): Promise<void> {
    const { signal } = this.#ending;
    for await (const tasks of placedOn(this.#calls, { cell_id: this.id, epoch: this.#epoch }, signal)) {
      for (const { task_guid, attempt } of tasks) {
        this.#held.set(attempt, TASK_MB);
        this.#accounted.push(attempt);
        void this.#work({ task_guid, attempt }).catch((error: unknown) =>
          log.error({ err: error }, 'scripted-cell.failed'),
        );
      }
      this.#tell();
    }
  }

  async #work(claim: TaskClaim__Output): Promise<void> {
    const who = { cell_id: this.id, epoch: this.#epoch };
    const nonce = `nonce-${claim.attempt}`;
    const { verdicts } = await this.#calls.StartTasks({ ...who, items: [{ claim, nonce }] });
    if (verdicts[0]?.code === '') {
      this.started.push(claim.task_guid);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await this.#calls.CompleteTasks({ ...who, items: [{ claim, outcome: { outcome: 'succeeded' } }] });
    }
    this.#held.delete(claim.attempt);
    this.#tell();
  }
}

const submit = (guid: string, changes: object = {}) =>
  channel.client('TaskService').DesireTask({
    task_guid: guid,
    domain: 'test',
    root_fs: 'preloaded:linux',
    memory_mb: TASK_MB,
    disk_mb: 10,
    action: { run: { path: '/bin/true', user: 'root' } },
    ...changes,
  });

async function settled(guid: string, state = 'COMPLETED', ms = 15_000) {
  const end = performance.now() + ms;
  for (;;) {
    const task = await channel.client('TaskService').GetTask({ task_guid: guid });
    if (task.state === state) return task;
    if (performance.now() > end) throw new Error(`${guid} is ${task.state}, not ${state}: ${task.waiting_for}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the auctioneer with a real BBS', () => {
  it('carries every task to one cell once, over a restart of its own, and over-fills none', async () => {
    const first = await auctioneer();
    const cells = [new ScriptedCell('cell-1'), new ScriptedCell('cell-2')];
    for (const cell of cells) await cell.start([first.address]);
    const guids = Array.from({ length: 200 }, (_, i) => `task-${i}`);
    await Promise.all(guids.slice(0, 100).map((guid) => submit(guid)));
    await first.stop();
    await Promise.all(guids.slice(100).map((guid) => submit(guid)));
    await auctioneer(first.address);
    for (const guid of guids) expect(await settled(guid)).toMatchObject({ failed: false, outcome: 'succeeded' });
    const started = cells.flatMap((cell) => cell.started);
    expect(started.sort()).toEqual([...guids].sort());
    expect(cells.every((cell) => cell.started.length > 0 && cell.mostMb <= MEMORY_MB)).toBe(true);
  });

  it('keeps for a while what only a cell could take that has gone, also when it has begun after that', async () => {
    const calls = channel.client('CellService');
    const capacity = { memory_mb: 1_000, disk_mb: 1_000, containers: 5 };
    const kind = { preloaded_rootfs: ['linux'], optional_placement_tags: ['gpu'], capacity };
    const gone = { offer: { cell_id: 'gone', ...kind }, incarnation: 'one' };
    const { epoch } = await calls.Register(gone);
    await calls.Leave({ cell_id: 'gone', epoch });
    const running = await auctioneer();
    await new ScriptedCell('cell-1').start([running.address]);
    await submit('waits', { placement_tags: ['gpu'] });
    await submit('never', { placement_tags: ['tpu'] });
    expect(await settled('never')).toMatchObject({ outcome: 'unplaced' });
    await expect
      .poll(async () => (await channel.client('TaskService').GetTask({ task_guid: 'waits' })).waiting_for)
      .toContain('1 not connected');
    const { verdict, summary } = await channel.client('TaskService').ExplainPlacement({ task_guid: 'waits' });
    expect({ verdict, summary }).toEqual({ verdict: 'not_now', summary: expect.stringContaining('1 not connected') });
  });

  it('says why a task waits, and fails one that can never run', async () => {
    const running = await auctioneer();
    await submit('waits');
    const end = performance.now() + 5_000;
    let waitingFor = '';
    while (!waitingFor.includes('no cell is registered') && performance.now() < end) {
      ({ waiting_for: waitingFor } = await channel.client('TaskService').GetTask({ task_guid: 'waits' }));
    }
    expect(waitingFor).toBe('unable to communicate to compatible cells (no cell is registered)');
    await new ScriptedCell('cell-1').start([running.address]);
    expect(await settled('waits')).toMatchObject({ outcome: 'succeeded' });
    await submit('never', { placement_tags: ['gpu'] });
    expect(await settled('never')).toMatchObject({
      failed: true,
      outcome: 'unplaced',
      failure_reason: 'found no compatible cell with placement tag "gpu"',
    });
    await submit('huge', { memory_mb: 2 * MEMORY_MB });
    expect((await settled('huge')).failure_reason).toBe('insufficient resources: memory');
  });
});
