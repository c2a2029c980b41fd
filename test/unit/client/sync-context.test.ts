import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InterruptedError, TaskClient, type TaskHandle } from '../../../src/client/index.ts';
import { FakeCluster } from '../../support/fake-task-service.ts';

const spec = { domain: 'd', root_fs: 'preloaded:busybox', action: { run: { path: '/bin/true' } } };

let fake: FakeCluster;
let client: TaskClient;
let task: TaskHandle;
/** Somebody else listens too, so that the signal does not end the test. */
const listener = () => {};
beforeEach(async () => {
  fake = await new FakeCluster().start();
  client = new TaskClient({ endpoint: fake.address, timeoutMs: 2_000 });
  task = await client.tasks.run(spec);
  process.on('SIGINT', listener);
});
afterEach(async () => {
  process.removeListener('SIGINT', listener);
  client.close();
  await fake.stop();
});

describe('syncContext', () => {
  it('answers what the work answers, and leaves the task alone', async () => {
    const before = process.listenerCount('SIGTERM');
    expect(await task.syncContext(async (held) => held.id)).toBe(task.id);
    expect(process.listenerCount('SIGTERM')).toBe(before);
    expect(fake.holds.map(({ release, task_guids }) => [release, task_guids])).toEqual([
      [false, [task.id]],
      [true, [task.id]],
    ]);
    expect(fake.ends).toEqual([]);
  });

  it('cancels the task when the work throws, and throws that', async () => {
    const failing = task.syncContext(
      async () => {
        throw new Error('no more');
      },
      { holder: 'build 7' },
    );
    await expect(failing).rejects.toThrow('no more');
    expect(fake.ends).toMatchObject([{ task_guid: task.id, reason: 'its client build 7 failed: no more' }]);
    expect(fake.holds.at(-1)?.release).toBe(true);
  });

  it('cancels at an interrupt, all contexts that are open, and does not swallow it', async () => {
    const other = await client.tasks.run(spec);
    const both = task.syncContext(async () => await other.syncContext(async (held) => await held.wait()));
    const caught = both.catch((error: unknown) => error);
    await expect.poll(() => fake.holds.length).toBe(2);
    await sleep(50);
    process.emit('SIGINT');
    expect(await caught).toBeInstanceOf(InterruptedError);
    expect([...fake.live.values()].map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    expect(process.listeners('SIGINT')).toEqual([listener]);
  });

  it('has the form of `await using`', async () => {
    const context = await task.syncContext({ holder: 'x' });
    expect(fake.holds).toMatchObject([{ holder: 'x', release: false }]);
    await context[Symbol.asyncDispose]();
    await context[Symbol.asyncDispose]();
    expect(fake.holds.map(({ release }) => release)).toEqual([false, true]);
  });

  it('keeps the lease when the task cannot be cancelled: its end does it', async () => {
    const failing = task.syncContext(async () => {
      await fake.stop();
      throw new Error('gone');
    });
    await expect(failing).rejects.toThrow('gone');
    expect(fake.holds.map(({ release }) => release)).toEqual([false]);
    fake = await new FakeCluster().start();
  });
});

describe('what Inductiva people ask for', () => {
  it('has status, times, machine and place in the queue', async () => {
    fake.explanation = { verdict: 'not_now', queue_position: 4, queue_length: 9 };
    expect(await task.getStatus()).toEqual({ state: 'PENDING', label: 'PENDING', waitingFor: 'waiting for a cell' });
    expect(await task.getMachineType()).toBe('any');
    expect(await task.getComputationTime()).toBe('00:00:00');
    expect(await task.queuePosition()).toBe(4);
    fake.claim(task.id);
    expect(await task.machineType()).toBe('linux-4096mb');
    fake.run(task.id);
    fake.finish(task.id);
    expect(await task.computationTime()).toBe('00:01:18');
    expect(await task.totalTime()).toBe('00:01:23');
    fake.cells = [];
    expect(await task.machineType()).toBe('cell-2');
  });
});
