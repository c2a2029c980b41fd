import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Task, TaskClient } from '../../src/client/index.ts';
import { requireEngine } from '../support/engine.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

/* What happens at the same moment, on real parts: equal submits, waits around a task's whole life, cancels at any moment of it. */

let system: TestSystem;
let client: TaskClient;
beforeAll(async () => {
  await requireEngine();
  system = await startSystem({ cells: { 'cell-1': {}, 'cell-2': {} } });
  client = new TaskClient({ endpoint: system.bbs.address });
}, 120_000);
afterAll(async () => {
  client.close();
  await system.stop();
}, 60_000);

const spec = (script: string, over: object = {}) => ({
  domain: 'races',
  root_fs: 'preloaded:busybox',
  memory_mb: 16,
  action: { run: { path: '/bin/sh', args: ['-c', script] } },
  ...over,
});

describe('at the same moment', () => {
  it('fifty equal submits with one key make one task; another spec under the key is refused with what differs', async () => {
    const submits = Array.from({ length: 50 }, () => client.tasks.run(spec('echo once'), { key: 'fifty' }));
    const handles = await Promise.all(submits);
    expect(new Set(handles.map(({ number }) => number)).size).toBe(1);
    expect((await client.tasks.page({ domain: 'races' })).total).toBe(1);
    const other = client.tasks.run(spec('echo twice'), { key: 'fifty' });
    await expect(other).rejects.toMatchObject({ code: 'already_exists', faults: [{ field: 'action' }] });
    expect((await handles[0]?.wait({ timeoutMs: 60_000 }))?.outcome).toBe('succeeded');
  });

  it('fifty equal submits whose guids differ make one task, too', async () => {
    const submits = Array.from({ length: 50 }, (_, at) =>
      client.tasks.run(spec('echo once', { task_guid: `same-${at}` }), { key: 'guids' }),
    );
    const handles = await Promise.all(submits);
    expect(new Set(handles.map(({ id }) => id)).size).toBe(1);
  });

  it('waits begun before, during and after a task all end with it', async () => {
    const guid = 'waited-for';
    const early = (async () => {
      for (;;) {
        try {
          return await client.task(guid).wait({ timeoutMs: 60_000 });
        } catch {
          await sleep(20);
        }
      }
    })();
    await sleep(100);
    const handle = await client.tasks.run(spec('sleep 0.3; exit 4', { task_guid: guid }));
    const waits: Promise<Task>[] = [early, handle.wait({ timeoutMs: 60_000 })];
    for (let at = 0; at < 30; at += 1) {
      waits.push(client.task(guid).wait({ timeoutMs: 60_000 }));
      await sleep(30);
    }
    const ended = await Promise.all(waits);
    waits.length = 0;
    expect(new Set(ended.map(({ outcome, exit_code, uid }) => `${outcome} ${exit_code} ${uid}`)).size).toBe(1);
    expect(ended[0]).toMatchObject({ outcome: 'failed', exit_code: 4 });
    await handle.resolve().catch(() => {});
    await handle.remove().catch(() => {});
    expect(await client.task(guid).wait({ timeoutMs: 10_000 })).toMatchObject({ outcome: 'failed', exit_code: 4 });
  });

  it('cancels at any moment of a task of 300 ms leave one truthful end, and nothing that runs', async () => {
    const TRIES = 24;
    const ends = await Promise.all(
      Array.from({ length: TRIES }, async (_, at) => {
        // Not all at once: the moments are to be spread over a life, not over a queue.
        await sleep(at * 150);
        const handle = await client.tasks.run(spec('sleep 0.3; echo done'));
        await sleep(Math.random() * 1_200);
        const answered = await handle.cancel({ reason: 'a race' });
        const ended = await handle.wait({ timeoutMs: 60_000 });
        return { answered, ended };
      }),
    );
    for (const { answered, ended } of ends) {
      expect(['succeeded', 'cancelled']).toContain(ended.outcome);
      // Whatever the cancel was told is what it stayed.
      if (answered.outcome !== '') expect(ended.outcome).toBe(answered.outcome);
      if (ended.outcome === 'cancelled') expect(ended.failure_reason).toBe('task was cancelled: a race');
      if (ended.outcome === 'succeeded') expect(ended.exit_code).toBe(0);
    }
    // Every container that was made is gone.
    await expect
      .poll(async () => (await client.cells.list()).map(({ reserved }) => reserved.containers), { timeout: 30_000 })
      .toEqual([0, 0]);
  }, 120_000);
});
