import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CellOnEngine, cellOnEngine, untilOnEngine } from '../support/cell-on-engine.ts';
import { type FakeBbs, runTask } from '../support/fake-bbs.ts';
import { OwnEngine } from '../support/own-engine.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

/** What lies below the engine is killed, the engine is not. */
describe('K08 K09: containerd and its shims', () => {
  let engine: OwnEngine;
  let bbs: FakeBbs;
  let cell: CellOnEngine;
  beforeAll(async () => {
    engine = await OwnEngine.make({ storageDriver: 'overlay2', liveRestore: true });
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
  });
  beforeEach(async () => {
    cell = await cellOnEngine(engine);
    ({ bbs } = cell);
  });
  afterEach(async () => {
    await cell.stop();
  });

  const until = untilOnEngine;
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
