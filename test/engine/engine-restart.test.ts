import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { openDockerRuntime } from '../../cells/docker/docker-runtime.ts';
import { startCell } from '../../cells/main.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import type { Running } from '../../src/platform/group.ts';
import { IMAGE } from '../support/engine.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';
import { OwnEngine } from '../support/own-engine.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });
/** What a service does that is asked to stop: it ends well. An engine that restarts asks its containers to. */
const POLITE = 'trap "exit 0" TERM; sleep 60 & wait';

/** A cell on an engine of its own, whose daemon is killed, stopped and started again. */
describe.each([false, true])('an engine that is restarted (live-restore: %s)', (liveRestore) => {
  let engine: OwnEngine;
  let bbs: FakeBbs;
  let stateDir: string;
  let bootIdFile: string;
  let cell: Running;
  beforeAll(async () => {
    engine = await OwnEngine.make({ storageDriver: 'overlay2', liveRestore });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
  });
  beforeEach(async () => {
    bbs = await FakeBbs.start();
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-restart-'));
    bootIdFile = join(stateDir, 'boot-id');
    await writeFile(bootIdFile, 'one');
    await launch(true);
  });
  afterEach(async () => {
    await cell.stop();
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  const until = async (holds: () => boolean) => await vi.waitUntil(holds, { timeout: 80_000, interval: 20 });
  const is = (guid: string, state: string) => bbs.status(guid).state === state;
  async function launch(killOnStop: boolean): Promise<void> {
    bbs.summaries.length = 0;
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
    });
    const runtime = await openDockerRuntime({ host: config.dockerHost, cellId: config.cellId, log, bootIdFile });
    cell = await startCell(config, { log, runtime, killOnStop });
    await until(() => bbs.summary()?.closed === false);
  }
  const shell = (script: string) => runTask({}, { run: { path: '/bin/sh', args: ['-c', script] } });
  const tree = (script: string) => {
    const { action, ...rest } = shell(script);
    const { action: again } = shell('exit 0');
    return { ...rest, action: { serial: { actions: [action, again], log_source: '' } } };
  };
  async function run(...tasks: TaskDefinition[]): Promise<string[]> {
    bbs.place(...tasks);
    const guids = tasks.map(({ task_guid }) => task_guid);
    for (const guid of guids) await until(() => is(guid, 'RUNNING'));
    // Running in the BBS is a little before it runs in the engine.
    await sleep(1_000);
    return guids;
  }
  const ending = async (guid: string) => {
    await until(() => is(guid, 'COMPLETED'));
    const { outcome, exit_code, failure_code } = bbs.status(guid);
    return { outcome, exit_code, failure_code };
  };

  it('K01 K02: killed and back, it is not believed that its containers ended well by themselves', async () => {
    const [polite = '', brief = '', steps = ''] = await run(shell(POLITE), shell('sleep 3; exit 7'), tree(POLITE));
    await engine.killDaemon();
    // Out of the auction until it has shown that it answers; looked at once, for it takes its time.
    if (!liveRestore) {
      await until(() => bbs.summary()?.closed === true);
      expect(bbs.summary()?.closed_reason).toContain('container engine');
    } else await sleep(3_000);
    await engine.startDaemon();
    await until(() => bbs.summary()?.closed === false);
    if (liveRestore) {
      expect(await ending(brief)).toEqual({ outcome: 'failed', exit_code: 7, failure_code: 'exit' });
      expect(is(polite, 'RUNNING')).toBe(true);
      expect((await ending(steps)).outcome).toBe('infra_failed');
    } else {
      const unknown = { outcome: 'infra_failed', exit_code: undefined, failure_code: 'engine_restarted' };
      expect(await ending(polite)).toEqual(unknown);
      expect(await ending(brief)).toEqual(unknown);
      expect((await ending(steps)).outcome).toBe('infra_failed');
    }
    const [next = ''] = await run(shell('exit 3'));
    expect(await ending(next)).toMatchObject({ outcome: 'failed', exit_code: 3 });
  });

  it('C07: stopped with its cell, as a machine that is booted, it leaves nothing that counts as a success', async () => {
    await cell.stop();
    await launch(false);
    const [polite = ''] = await run(shell(POLITE));
    await cell.stop();
    await engine.stopDaemon();
    await engine.startDaemon();
    bbs.dropCell();
    await launch(true);
    if (liveRestore) expect(is(polite, 'RUNNING')).toBe(true);
    else expect(await ending(polite)).toMatchObject({ outcome: 'infra_failed', failure_code: 'engine_restarted' });
  });

  it.each(
    liveRestore
      ? ['C07: what ended while the machine was booted anew is not believed, though its engine spares containers']
      : [],
  )('%s', async () => {
    await cell.stop();
    await launch(false);
    const [believed = ''] = await run(shell('sleep 2; exit 0'));
    await cell.stop();
    await sleep(3_000);
    bbs.dropCell();
    await launch(false);
    expect(await ending(believed)).toMatchObject({ outcome: 'succeeded' });
    const [booted = ''] = await run(shell('sleep 2; exit 0'));
    await cell.stop();
    await sleep(3_000);
    await writeFile(bootIdFile, 'two');
    bbs.dropCell();
    await launch(true);
    expect(await ending(booted)).toMatchObject({ outcome: 'infra_failed', failure_code: 'engine_restarted' });
  });
});
