import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import type { Running } from '../../src/platform/group.ts';
import { IMAGE } from '../support/engine.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';
import { OwnEngine } from '../support/own-engine.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });

/** What lies below the engine is killed, the engine is not. */
describe('K08 K09: containerd and its shims', () => {
  let engine: OwnEngine;
  let bbs: FakeBbs;
  let stateDir: string;
  let cell: Running;
  beforeAll(async () => {
    engine = await OwnEngine.make({ storageDriver: 'overlay2', liveRestore: true });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
  });
  beforeEach(async () => {
    bbs = await FakeBbs.start();
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-containerd-'));
    const config = cellConfig.parse({
      cellId: 'cell-1',
      bbs: [bbs.address],
      auctioneer: [bbs.address],
      stateDir,
      dockerHost: `unix://${engine.socketPath}`,
      preloaded: { box: IMAGE },
      network: 'none',
      memoryMb: 1_000,
      diskMb: 1_000,
      preparedContainers: 0,
    });
    cell = await startCell(config, { log, killOnStop: true });
    await until(() => bbs.summary()?.closed === false);
  });
  afterEach(async () => {
    await cell.stop();
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  const until = async (holds: () => boolean) => await vi.waitUntil(holds, { timeout: 80_000, interval: 20 });
  async function run(script: string): Promise<string> {
    const task = runTask({}, { run: { path: '/bin/sh', args: ['-c', script] } });
    bbs.place(task);
    await until(() => bbs.status(task.task_guid).state !== 'CLAIMED');
    return task.task_guid;
  }
  const ending = async (guid: string) => {
    await until(() => bbs.status(guid).state === 'COMPLETED');
    const { outcome, exit_code } = bbs.status(guid);
    return { outcome, exit_code };
  };

  it('containerd is killed and back: what runs ends as it would have, and the cell takes work again', async () => {
    const guid = await run('sleep 6; exit 7');
    await sleep(1_500);
    await engine.killContainerd();
    await sleep(1_500);
    await engine.startContainerd();
    expect(await ending(guid)).toEqual({ outcome: 'failed', exit_code: 7 });
    await until(() => bbs.summary()?.closed === false);
    expect(await ending(await run('exit 3'))).toEqual({ outcome: 'failed', exit_code: 3 });
  });

  it('the shim of a task is killed: the task fails, never succeeds, and its room is free again', async () => {
    const free = () => Number(bbs.summary()?.free?.memory_mb);
    await until(() => free() === 1_000);
    const guid = await run('sleep 30; exit 0');
    await sleep(1_500);
    const shims = engine.shims();
    expect(shims).toHaveLength(1);
    for (const pid of shims) process.kill(pid, 'SIGKILL');
    expect((await ending(guid)).outcome).toMatch(/^(failed|infra_failed)$/);
    await until(() => free() === 1_000);
    expect(await ending(await run('exit 3'))).toEqual({ outcome: 'failed', exit_code: 3 });
  });
});
