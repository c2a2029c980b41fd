import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { type RunningCell, startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { type RunningAuctioneer, startAuctioneer } from '../../src/auctioneer/main.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { readEvents, rest } from '../support/rest.ts';

const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
const MIB = 2 ** 20;
const env = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));

/** Generous: the machine may be busy with others. */
const expectSoon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000 });

describe('metrics of a whole system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-metrics-'));
  const runtime = new FakeRuntime({ cellId: 'cell-1', missingImages: ['missing'] });
  let bbs: TestBbs;
  let auctioneer: RunningAuctioneer;
  let cell: RunningCell;
  let receiver: Receiver;

  beforeAll(async () => {
    bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
    auctioneer = await startAuctioneer(
      auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.bbs.address], metricsListen: '127.0.0.1:0' }),
      { log },
    );
    cell = await startCell(
      cellConfig.parse({
        cellId: 'cell-1',
        bbs: [bbs.bbs.address],
        auctioneer: [auctioneer.address],
        preloaded: { busybox: 'busybox' },
        stateDir: folder,
        memoryMb: 1_000,
        diskMb: 1_000,
        metricsListen: '127.0.0.1:0',
      }),
      { log, runtime, killOnStop: true },
    );
    receiver = await startReceiver();
  });
  afterAll(async () => {
    await cell.stop();
    await auctioneer.stop();
    await bbs.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const text = async (address: string | undefined, path = '/metrics') =>
    (await rest(`http://${address}`, 'GET', path)).text;
  /** Value by series as it is written, for example `gavel_tasks{state="RUNNING"}`. */
  async function scrape(address: string | undefined): Promise<Map<string, number>> {
    const lines = (await text(address)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines)
      expect(line).toMatch(/^[a-z_:][a-z0-9_:]*(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? \S+$/i);
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }
  const ended = (guid: string) =>
    expectSoon(async () => (await bbs.tasks.GetTask({ task_guid: guid, include_history: true })).outcome).not.toBe('');

  it('tell what happened, on every role', async () => {
    const good = await bbs.tasks.DesireTask(
      request({ env: env({ FAKE_RUN_MS: '50' }), completion_callback_url: receiver.url }),
    );
    const bad = await bbs.tasks.DesireTask(request({ env: env({ FAKE_EXIT_CODE: '3' }) }));
    const large = await bbs.tasks.DesireTask(request({ memory_mb: 900, env: env({ FAKE_RUN_MS: '60000' }) }));
    for (const { task_guid } of [good, bad]) await ended(task_guid);
    const waiting = await bbs.tasks.DesireTask(request({ memory_mb: 500 }));
    await expectSoon(async () =>
      (await scrape(bbs.bbs.httpAddress)).get('gavel_callback_attempts_total{result="acknowledged"}'),
    ).toBe(1);
    await expectSoon(async () => (await scrape(auctioneer.metricsAddress)).get('gavel_auction_waiting')).toBe(1);
    await expectSoon(async () => (await bbs.tasks.GetTask({ task_guid: large.task_guid })).state).toBe('RUNNING');

    const state = await scrape(bbs.bbs.httpAddress);
    expect(state.get('gavel_tasks{state="RUNNING"}')).toBe(1);
    expect(state.get('gavel_tasks{state="PENDING"}')).toBe(1);
    expect(state.get('gavel_tasks_completed_total{outcome="succeeded"}')).toBe(1);
    expect(state.get('gavel_tasks_completed_total{outcome="failed"}')).toBe(1);
    expect(state.get('gavel_tasks_created_total')).toBe(4);
    expect(state.get('gavel_task_queue_seconds_count')).toBe(3);
    expect(state.get('gavel_task_start_seconds_count')).toBe(3);
    expect(state.get('gavel_task_run_seconds_count')).toBe(2);
    expect(state.get('gavel_task_run_seconds_sum')).toBeGreaterThan(0.04);
    expect(state.get('gavel_callbacks_pending')).toBe(0);
    expect(state.get('gavel_cells')).toBe(1);
    expect(state.get('gavel_leader')).toBe(1);
    expect(state.get('gavel_rpc_requests_total{service="TaskService",method="DesireTask",code="OK"}')).toBe(4);
    expect(state.get('gavel_rpc_streams{service="PlacementService",method="WatchPending"}')).toBe(1);
    expect(state.get('gavel_store_commits_total{result="committed"}')).toBeGreaterThan(10);

    const auctions = await scrape(auctioneer.metricsAddress);
    expect(auctions.get('gavel_auction_placements_total')).toBe(3);
    expect(auctions.get('gavel_auction_cells')).toBe(1);
    expect(auctions.get('gavel_auction_refusals_total{kind="not_now"}')).toBeGreaterThanOrEqual(1);

    const held = await scrape(cell.metricsAddress);
    expect(held.get('gavel_cell_capacity_memory_bytes')).toBe(1_000 * MIB);
    expect(held.get('gavel_cell_free_memory_bytes')).toBe(100 * MIB);
    expect(held.get('gavel_cell_containers')).toBe(1);
    expect(held.get('gavel_cell_open')).toBe(1);
    expect(held.get('gavel_engine_call_seconds_count{operation="create"}')).toBeGreaterThan(0);
    expect(held.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);

    await bbs.tasks.CancelTask({ task_guid: waiting.task_guid });
    await bbs.tasks.KillTask({ task_guid: large.task_guid });
    await expectSoon(async () => (await scrape(cell.metricsAddress)).get('gavel_cell_free_memory_bytes')).toBe(
      1_000 * MIB,
    );
  });

  it('are all that the dashboard draws', async () => {
    const known = new Set<string>();
    for (const address of [bbs.bbs.httpAddress, auctioneer.metricsAddress, cell.metricsAddress])
      for (const [, name] of (await text(address)).matchAll(/^# TYPE (\S+) /gm)) known.add(name ?? '');
    const file = new URL('../../docs/grafana-dashboard.json', import.meta.url);
    const { panels } = JSON.parse(readFileSync(file, 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const drawn = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const names = drawn.flatMap((expr) => expr.match(/\b(gavel|process|nodejs)_\w+/g) ?? []);
    expect(names.length).toBeGreaterThan(30);
    const base = (name: string) => (known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ''));
    expect(names.filter((name) => !known.has(base(name)))).toEqual([]);
    // And the other way: what is told of Gavel is drawn somewhere.
    const shown = new Set(names.map(base));
    expect([...known].filter((name) => name.startsWith('gavel_') && !shown.has(name))).toEqual([]);
  });

  it('come with health and readiness', async () => {
    for (const address of [auctioneer.metricsAddress, cell.metricsAddress]) {
      expect(await text(address, '/healthz')).toBe('ok\n');
      expect(await rest(`http://${address}`, 'GET', '/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
      expect((await rest(`http://${address}`, 'GET', '/x')).status).toBe(404);
      expect((await rest(`http://${address}`, 'POST', '/metrics')).status).toBe(405);
    }
  });

  it('count an engine that is away, and the cell says so', async () => {
    runtime.setAway(true);
    await expectSoon(
      async () => (await scrape(cell.metricsAddress)).get('gavel_engine_errors_total{operation="info"}') ?? 0,
    ).toBeGreaterThan(0);
    await expectSoon(async () => (await rest(`http://${cell.metricsAddress}`, 'GET', '/readyz')).status).toBe(503);
    expect(await text(cell.metricsAddress, '/readyz')).toContain('container engine');
    runtime.setAway(false);
  });

  it('stand beside the output of a task, as text and as events', async () => {
    const base = `http://${bbs.bbs.httpAddress}`;
    await expectSoon(async () => (await rest(`http://${cell.metricsAddress}`, 'GET', '/readyz')).status).toBe(200);
    const made = await bbs.tasks.DesireTask(request({ env: env({ FAKE_STDOUT: 'one\ntwo\n', FAKE_RUN_MS: '300' }) }));
    // Asked before it runs: followed from its first line to its end.
    const following = rest(base, 'GET', `/v1/tasks/${made.task_guid}/logs?follow&stream=stdout`);
    const events = await readEvents(`${base}/v1/tasks/${made.task_guid}/logs?follow=true&stream=stdout`);
    expect((await following).text).toBe('one\ntwo\n');
    const told = await events.take(3);
    expect(told.map(({ event }) => event)).toEqual(['line', 'line', 'end']);
    expect(told[0]?.data).toMatch(
      /"time":\d{19},"stream":"stdout","source":"[^"]*","text":"one","bytes":null,"newline":true/,
    );
    const rest2 = await readEvents(`${base}/v1/tasks/${made.task_guid}/logs?stream=stdout`, {
      'last-event-id': told[0]?.id ?? '',
    });
    expect(JSON.parse((await rest2.take(1))[0]?.data ?? '')).toMatchObject({ text: 'two' });
    rest2.close();
  });
});
