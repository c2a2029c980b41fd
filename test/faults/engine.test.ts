import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { engineCall, SocketProxy } from '../support/engine.ts';
import { Scene, until, whole } from './scene.ts';
import { containersOf, isTaskContainer } from './witness.ts';

/** Section 2.4: an engine that stands still, loses its answers, or has its containers handled by people. */
describe('an engine', () => {
  let proxy: SocketProxy;
  let scene: Scene;
  beforeAll(async () => {
    proxy = await SocketProxy.open();
    scene = await Scene.open({ cells: 1, engine: proxy.socketPath });
  });
  afterAll(async () => {
    await scene.close();
    await proxy.close();
  });
  afterEach(async () => {
    proxy.loseAnswerOf = undefined;
    proxy.thaw();
    await scene.mend();
    await scene.verdict();
  });

  const container = async (guid: string) => {
    const { uid } = (await scene.look(guid)) ?? { uid: '?' };
    return (await containersOf(scene.cluster.cellIds)).find(({ name }) => name.includes(uid));
  };
  const sent = (verb: string) => proxy.count(new RegExp(`^POST \\S*/${verb}`));

  it('K05 K06: that loses the answer of a start has started once, and is asked once', async () => {
    const before = sent('containers/[^/ ]+/start');
    proxy.loseAnswerOf = /^POST \S*\/containers\/[^/ ]+\/start/;
    const { task_guid: guid } = await scene.submit(scene.request('exit 3'));
    await scene.begun(guid);
    proxy.loseAnswerOf = undefined;
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 3 });
    expect(sent('containers/[^/ ]+/start') - before).toBeLessThanOrEqual(2);
  });

  it('K04: that creates and loses the answer leaves no second container', async () => {
    proxy.loseAnswerOf = /^POST \S*\/containers\/create/;
    const { task_guid: guid } = await scene.submit(scene.request('exit 0'));
    await until(async () => ((await scene.look(guid))?.rejection_count ?? 0) > 0, 30_000, 'the release of the claim');
    proxy.loseAnswerOf = undefined;
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded' });
  });

  it('D11 K03: that stands still with a start on its way, while the rep dies: started once or not at all', async () => {
    scene.cell.arm('engine.start:before=delay(1500)');
    const { task_guid: guid } = await scene.submit(scene.request('exit 0'));
    await scene.cell.firing();
    proxy.freeze();
    await sleep(2_500);
    await scene.cell.kill();
    scene.cell.arm('');
    proxy.thaw();
    await scene.cell.start();
    expect((await scene.ended(guid)).outcome).toMatch(/^(succeeded|infra_failed|lost)$/);
    expect(scene.ledger.count(guid)).toBeLessThanOrEqual(1);
  });

  it('K03: that stands still while a task runs and ends is believed when it goes on', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 1; exit 9'));
    await scene.begun(guid);
    proxy.freeze();
    await sleep(3_000);
    proxy.thaw();
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 9 });
  });

  it.each([
    // A forced removal kills first: its exit may still be seen, or nothing any more.
    ['removed', { failed: true, outcome: expect.stringMatching(/^(infra_failed|failed)$/) as string }],
    ['stopped', { failed: true, outcome: 'failed' }],
  ])('K10: whose container is %s by a person', async (what, expected) => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 60'));
    await scene.begun(guid);
    const id = (await container(guid))?.id ?? '';
    if (what === 'removed') await engineCall('DELETE', `/containers/${id}?force=1`);
    else await engineCall('POST', `/containers/${id}/stop?t=0`);
    expect(await scene.ended(guid)).toMatchObject(expected);
  });

  it('K10: whose container is restarted by a person: a failure, whatever the second run says', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 2; exit 0'));
    // The second run is the person's, and is not held against the cell.
    scene.excuse(guid);
    await scene.begun(guid);
    await engineCall('POST', `/containers/${(await container(guid))?.id}/restart?t=0`);
    expect((await scene.ended(guid)).outcome).not.toBe('succeeded');
    await until(async () => !(await containersOf(scene.cluster.cellIds)).some(isTaskContainer), 30_000, 'its removal');
  });

  it.each(whole('K10: whose container is paused by a person: its time limit counts on, and a cancel ends it'))(
    '%s',
    async () => {
      const asked = [scene.request('sleep 60'), scene.request('sleep 60')] as const;
      const [limited, plain] = asked.map(({ task_guid = '' }) => task_guid) as [string, string];
      const [{ action = null }] = asked;
      await scene.submit({ ...asked[0], action: { timeout: { action, timeout_ms: 4_000 } } });
      await scene.submit(asked[1]);
      for (const guid of [limited, plain]) {
        await until(
          async () => (await container(guid)) !== undefined && (await scene.look(guid))?.state === 'RUNNING',
          30_000,
          guid,
        );
        await sleep(1_000);
        await engineCall('POST', `/containers/${(await container(guid))?.id}/pause`);
      }
      expect((await scene.ended(limited)).outcome).toBe('timed_out');
      await scene.cluster.tasks.CancelTask({ task_guid: plain }, { retry: true });
      await until(
        async () => !(await containersOf(scene.cluster.cellIds)).some(isTaskContainer),
        30_000,
        'the end of both',
      );
    },
  );
});
