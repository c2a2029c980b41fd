import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { startCell } from '../../cells/main.ts';
import type { Running } from '../../src/platform/group.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';
import { sh } from '../support/own-engine.ts';

/* What a cell must not do at moments that come about only when the engine or the line is slow: each of them is held here. */

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });
let bbs: FakeBbs;
let runtime: FakeRuntime;
let stateDir: string;
let cell: Running | undefined;

beforeEach(async () => {
  bbs = await FakeBbs.start();
  runtime = new FakeRuntime({ cellId: 'cell-1' });
  stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
});

afterEach(async () => {
  await cell?.stop();
  cell = undefined;
  await bbs.stop();
  await rm(stateDir, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const config = cellConfig.parse({
    cellId: 'cell-1',
    bbs: [bbs.address],
    auctioneer: [bbs.address],
    stateDir,
    preloaded: { box: 'gavel/busybox:latest' },
    memoryMb: 1_000,
    diskMb: 1_000,
    containers: 100,
    // Creates and starts go one at a time, so that one that is held holds all.
    maxStarts: 1,
    preparedContainers: 0,
  });
  cell = await startCell(config, { log, runtime, killOnStop: true, confirmStartMs: 300 });
  await until(() => bbs.summary()?.closed === false);
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 20_000, interval: 5 });
}

const totalStarts = () => [...runtime.starts.values()].reduce((a, b) => a + b, 0);

/** Stands for a call of the engine that takes as long as the test wants. */
function held(method: 'create' | 'remove', from: number): { reached: () => boolean; release: () => void } {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  const real = runtime[method].bind(runtime) as (argument: never) => Promise<never>;
  vi.spyOn(runtime, method).mockImplementation(async (argument: unknown) => {
    calls += 1;
    if (calls >= from) await released;
    return await real(argument as never);
  });
  return { reached: () => calls >= from, release };
}

/** A task whose start is granted and waits at the gate, behind the container of another one that is being created. */
async function granted(): Promise<{ readonly guid: string; readonly release: () => void }> {
  const second = held('create', 2);
  const claims = bbs.place(runTask({ FAKE_RUN_MS: '60000' }), runTask());
  const running = () => claims.find(({ guid }) => bbs.status(guid).state === 'RUNNING');
  await until(() => second.reached() && running() !== undefined);
  return { guid: running()?.guid ?? '', release: second.release };
}

describe('a cell', () => {
  it('does not start what was granted under an epoch that is over', async () => {
    bbs.ttlMs = 600;
    await start();
    const { guid, release } = await granted();
    bbs.dropCell();
    await until(() => bbs.epoch === 2 && bbs.summary()?.closed === false);
    release();
    await until(() => bbs.status(guid).state === 'COMPLETED');
    expect(bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'start_not_confirmed' });
    expect(totalStarts()).toBe(0);
  });

  it('does not start what was granted while it is unsure of its place', async () => {
    bbs.ttlMs = 500;
    await start();
    const { guid, release } = await granted();
    bbs.away = true;
    await until(() => bbs.summary()?.closed === true);
    release();
    // Fenced at last: what never began is cleared away.
    await until(() => runtime.calls.remove >= 2);
    expect(totalStarts()).toBe(0);
    bbs.away = false;
    await until(() => bbs.status(guid).state === 'COMPLETED');
    expect(totalStarts()).toBe(0);
  });

  it('holds the room of a task until its container is gone', async () => {
    await start();
    const removal = held('remove', 1);
    const [first] = bbs.place(runTask({}, { memory_mb: 1_000 }));
    await until(() => removal.reached() && bbs.status(first?.guid ?? '').state === 'COMPLETED');
    const [second] = bbs.place(runTask({}, { memory_mb: 1_000 }));
    await until(() => bbs.released.some(({ guid }) => guid === second?.guid));
    expect(bbs.released[0]).toMatchObject({ code: 'insufficient_resources' });
    removal.release();
    await until(() => Number(bbs.summary()?.free?.memory_mb) === 1_000);
  });

  it('removes what carries its label and belongs to no attempt', async () => {
    await runtime.create({
      name: 'gavel-stray',
      image: 'gavel/busybox:latest',
      labels: { 'gavel.cell': 'cell-1' },
      path: '/bin/true',
      args: [],
      env: [],
      dir: undefined,
      user: undefined,
      privileged: false,
      limits: { memoryBytes: 0, diskBytes: 0, cpuShares: 0, pids: 0, nofile: 0 },
      network: 'none',
    });
    expect(await runtime.listOwned()).toHaveLength(1);
    await start();
    await vi.waitFor(async () => expect(await runtime.listOwned()).toEqual([]), 20_000);
  });

  it('C15 C16: whose disk is full begins nothing, tells what ends all the same, and is well again when there is room', async () => {
    sh(`mount -t tmpfs -o size=64m gavel-test '${stateDir}'`);
    try {
      await start();
      const [running] = bbs.place(
        runTask({ FAKE_RUN_MS: '3000', FAKE_STDOUT: 'a line', FAKE_RESULT: 'kept' }, { result_file: '/r' }),
      );
      await until(() => bbs.status(running!.guid).state === 'RUNNING');
      const filler = join(stateDir, 'filler');
      expect(() => {
        for (;;) appendFileSync(filler, 'x'.repeat(65_536));
      }).toThrow('ENOSPC');
      const [early] = bbs.place(runTask());
      await until(() => bbs.status(early!.guid).state === 'PENDING');
      expect(bbs.status(early!.guid).rejection_reason).toMatch(/ENOSPC|no space/);
      await until(() => bbs.status(running!.guid).state === 'COMPLETED');
      expect(bbs.status(running!.guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
      await rm(filler);
      const [after] = bbs.place(runTask());
      await until(() => bbs.status(after!.guid).state === 'COMPLETED');
      expect(bbs.status(after!.guid).outcome).toBe('succeeded');
      expect(totalStarts()).toBe(2);
    } finally {
      await cell?.stop();
      cell = undefined;
      sh(`umount -l '${stateDir}'`);
    }
  });
});
