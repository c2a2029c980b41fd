import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isDomainError } from '../../src/domain/errors.ts';
import { forgetImage, startRegistry, type TestRegistry } from '../support/registry.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Scene, until } from './scene.ts';

/** A cell that dies while others wait for it: for an image (D08), for a command that runs inside, for what runs uses. */
describe('a cell that dies in the middle of', () => {
  let scene: Scene;
  let registry: TestRegistry;
  let line: TcpProxy;
  beforeAll(async () => {
    registry = await startRegistry();
    line = await TcpProxy.start(Number(registry.address.split(':')[1]));
    scene = await Scene.open({ cells: 2, lostGraceMs: 60_000, cellSettings: { allowExec: true } });
  });
  afterAll(async () => {
    await scene.close();
    await line.stop();
    await registry.close();
  });
  afterEach(async () => {
    line.mode = 'pass';
    await scene.mend();
    await scene.verdict();
  });

  it('D08: a pull: its claim goes back, the image is pulled again, and the task runs once', async () => {
    await registry.push('faults/pull:1');
    const image = `127.0.0.1:${line.port}/faults/pull:1`;
    line.mode = 'stall';
    const before = line.accepted;
    const { task_guid: guid } = await scene.submit(scene.request('exit 5', { root_fs: `docker://${image}` }));
    await until(() => line.accepted > before, 30_000, 'the pull');
    await scene.cell.kill();
    line.mode = 'pass';
    line.cutAll();
    await scene.cell.start();
    expect(await scene.ended(guid, 120_000)).toMatchObject({ outcome: 'failed', exit_code: 5 });
    expect(scene.ledger.count(guid)).toBe(1);
    await forgetImage(image);
  });

  it('an exec: who asked is told, within a bound, and the task goes on under the next process', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 12; exit 6'));
    await scene.begun(guid);
    let said = '';
    const asked = (async () => {
      const run = { task_guid: guid, path: '/bin/sh', args: ['-c', 'echo inside; sleep 600'] };
      for await (const chunk of scene.cluster.tasks.ExecTask(run, {})) {
        said += JSON.stringify(chunk);
        if (chunk.end !== undefined && chunk.end !== null) return 'ended';
      }
      return 'closed';
    })().catch((error: unknown) => (isDomainError(error) ? error.code : 'thrown'));
    await until(() => said !== '', 20_000, 'the first word of the command');
    await scene.cell.kill();
    const heard = await Promise.race([asked, sleep(60_000).then(() => 'nothing')]);
    expect(heard).toMatch(/^(unavailable|ended|closed|deadline)$/);
    await scene.cell.start();
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 6 });
  });

  it('the question what its tasks use: those of the others are told all the same', async () => {
    const tags = { placement_tags: ['at-1'] };
    const [mine, others] = await Promise.all([
      scene.submit(scene.request('sleep 10; exit 6')),
      scene.submit(scene.request('sleep 10; exit 7', tags)),
    ]);
    for (const { task_guid: guid } of [mine, others]) await scene.begun(guid);
    scene.cell.pause();
    const asked = scene.cluster.tasks.ListUsage({}, { timeoutMs: 20_000 });
    await sleep(300);
    await scene.cell.kill();
    const { usages } = await asked;
    expect(usages.map(({ task_guid: guid }) => guid)).toContain(others.task_guid);
    await scene.cell.start();
    for (const [{ task_guid: guid }, exit_code] of [[mine, 6] as const, [others, 7] as const])
      expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code });
  });
});
