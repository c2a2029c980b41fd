import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bbsConfig } from '../../bbs/config.ts';
import { type RunningBbs, startBbs } from '../../bbs/main.ts';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { type Cell, TaskClient } from '../../src/client/index.ts';
import type { Running } from '../../src/platform/group.ts';
import { Channel } from '../../src/rpc/client.ts';
import { lasting } from '../support/imagined-cell.ts';

/** BBS, auctioneer and cells over the real wire; containers are imagined. */
const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' });
let folder: string;
let bbs: RunningBbs;
let http: string;
let client: TaskClient;
let auctioneer: Running & { readonly address: string };
const cells = new Map<string, Running>();
const runtimes = new Map<string, FakeRuntime>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gavel-drain-'));
  await startServers('127.0.0.1:0');
});

afterEach(async () => {
  for (const cell of cells.values()) await cell.stop();
  cells.clear();
  runtimes.clear();
  await stopServers();
  await rm(folder, { recursive: true, force: true });
});

async function startServers(listen: string): Promise<void> {
  const store = { kind: 'embedded' as const, path: join(folder, 'store') };
  const settings = { listen, store, cellLeaseMs: 10_000, http: { listen: '127.0.0.1:0' } };
  bbs = await startBbs(bbsConfig.parse(settings), { log });
  http = `http://${bbs.httpAddress}`;
  client = new TaskClient({ endpoint: bbs.address });
  auctioneer = await startAuctioneer(auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.address] }), { log });
}

async function stopServers(): Promise<void> {
  client.close();
  await auctioneer.stop();
  await bbs.stop();
}

async function start(id: string): Promise<Running> {
  const runtime = runtimes.get(id) ?? new FakeRuntime({ cellId: id });
  runtimes.set(id, runtime);
  const config = cellConfig.parse({
    cellId: id,
    bbs: [bbs.address],
    auctioneer: [auctioneer.address],
    stateDir: join(folder, id),
    preloaded: { box: 'gavel/busybox:latest' },
    optionalPlacementTags: [id],
    memoryMb: 1_000,
    diskMb: 1_000,
  });
  const cell = await startCell(config, { log, runtime: lasting(runtime) });
  cells.set(id, cell);
  await vi.waitFor(async () => expect((await seen(id))?.epoch).toBeGreaterThan(0), 20_000);
  return cell;
}

/** What an imagined process does is in its environment. */
async function submit(env: Readonly<Record<string, string>>, tags: readonly string[] = []) {
  return await client.tasks.run({
    domain: 'drain',
    root_fs: 'preloaded:box',
    memory_mb: 10,
    placement_tags: [...tags],
    action: { run: { path: '/work', env: Object.entries(env).map(([name, value]) => ({ name, value })) } },
    stop: { signal: 'SIGTERM', grace: '1s' },
  });
}

const seen = async (id: string): Promise<Cell | undefined> =>
  (await client.cells.list()).find(({ cell_id }) => cell_id === id);
const becomes = async (id: string, want: Partial<Cell>) =>
  await vi.waitFor(async () => expect(await seen(id)).toMatchObject(want), { timeout: 20_000, interval: 50 });

describe('a drain', () => {
  it('lets what runs come to its end, gives what waits to others, and lasts over restarts', async () => {
    await start('a');
    const running = await submit({ FAKE_RUN_MS: '1500' });
    await running.wait({ until: ['running'] });
    await start('b');

    expect(await client.cells.drain('a')).toMatchObject({ state: 'draining', tasks_running: 1 });
    const elsewhere = await submit({ FAKE_RUN_MS: '10' });
    expect(await elsewhere.wait()).toMatchObject({ outcome: 'succeeded', cell_id: 'b' });
    const waits = await submit({ FAKE_RUN_MS: '10' }, ['a']);
    await vi.waitFor(async () => expect((await waits.info()).waiting_for).toMatch(/taking no new work/), 20_000);
    const { cells: verdicts } = await waits.explain();
    expect(verdicts.find(({ cell_id }) => cell_id === 'a')).toMatchObject({ code: 'closed', note: 'cell is draining' });
    expect(await running.wait()).toMatchObject({ outcome: 'succeeded', cell_id: 'a' });
    await becomes('a', { state: 'drained', tasks_running: 0 });

    // Both begin anew, and still nothing goes there.
    await cells.get('a')?.stop();
    await becomes('a', { state: 'away' });
    const { address } = bbs;
    await stopServers();
    await startServers(address);
    await start('a');
    await becomes('a', { state: 'drained' });
    expect(await client.cells.undrain('a')).toMatchObject({ state: 'ready', drain_deadline: 0n });
    expect(await client.task(waits.id).wait()).toMatchObject({ outcome: 'succeeded', cell_id: 'a' });
  });

  it('ends what still runs at the deadline, and says so', async () => {
    await start('a');
    const task = await submit({ FAKE_RUN_MS: '60000' });
    await task.wait({ until: ['running'] });
    const { drain_deadline: first } = await client.cells.drain('a');
    // Asked again without a deadline nothing changes; with one it counts anew.
    expect((await client.cells.drain('a')).drain_deadline).toBe(first);
    const { drain_deadline: second } = await client.cells.drain('a', { deadlineMs: 300 });
    expect(second).toBeLessThan(first);
    expect(await task.wait()).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'cell_drained',
      failure_reason: 'cell was drained, and the task still ran at its deadline',
    });
    await becomes('a', { state: 'drained' });
  });

  it('gives claims back that have not started, also when the cell does not hear of it', async () => {
    // A cell that registers, and never takes what it is given.
    const channel = new Channel({ addresses: [bbs.address] });
    const capacity = { memory_mb: 100, disk_mb: 100, containers: 1 };
    const offer = { cell_id: 'deaf', preloaded_rootfs: ['box'], optional_placement_tags: ['deaf'], capacity };
    const { epoch } = await channel.client('CellService').Register({ offer, incarnation: 'one' });
    const task = await submit({}, ['deaf']);
    const placement = channel.client('PlacementService');
    const items = [{ task_guid: task.id, uid: (await task.info()).uid, cell_id: 'deaf', epoch }];
    expect((await placement.ClaimTasks({ items })).verdicts[0]?.verdict?.code).toBe('');
    await client.cells.drain('deaf');
    await vi.waitFor(async () => {
      const { state, waiting_for } = await task.info();
      expect({ state, waiting_for }).toEqual({
        state: 'PENDING',
        waiting_for: expect.stringContaining('deaf is draining'),
      });
    }, 20_000);
    // An auctioneer that does not know yet is refused.
    expect((await placement.ClaimTasks({ items })).verdicts[0]?.verdict).toMatchObject({ code: 'stale_attempt' });
    channel.close();
  });

  it('is told by its name over HTTP, and refuses what is none', async () => {
    await start('a');
    const post = async (path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(await post('/v1/cells/a/drain', { deadline: '1h' })).toMatchObject({
      status: 200,
      body: { state: 'drained' },
    });
    expect(await post('/v1/cells/a/undrain', {})).toMatchObject({ status: 200, body: { state: 'ready' } });
    expect(await post('/v1/cells/nobody/drain', {})).toMatchObject({ status: 404 });
    expect(await post('/v1/cells/a/drain', { deadline: '8d' })).toMatchObject({ status: 400 });
    await expect(client.cells.drain('nobody')).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.cells.undrain('nobody')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a cell that is stopped', () => {
  it('ends its trees of actions in words, and leaves single processes to the next one', async () => {
    const cell = await start('a');
    const step = (ms: string) => ({ run: { path: '/work', env: [{ name: 'FAKE_RUN_MS', value: ms }] } });
    const asked = { domain: 'drain', root_fs: 'preloaded:box', memory_mb: 10 };
    const tree = await client.tasks.run({ ...asked, action: { serial: { actions: [step('60000'), step('1')] } } });
    const quick = await client.tasks.run({ ...asked, action: { serial: { actions: [step('1200'), step('1')] } } });
    const plain = await submit({ FAKE_RUN_MS: '5000' });
    for (const task of [tree, quick, plain]) await task.wait({ until: ['running'] });
    await cell.stop();
    expect(await tree.info()).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_stopped' });
    expect(await quick.info()).toMatchObject({ outcome: 'succeeded' });
    expect(await plain.info()).toMatchObject({ state: 'RUNNING' });
    await start('a');
    expect(await plain.wait()).toMatchObject({ outcome: 'succeeded' });
    expect(Math.max(...(runtimes.get('a')?.starts.values() ?? []))).toBe(1);
  });
});
