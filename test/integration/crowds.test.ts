import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDomainError } from '../../src/domain/errors.ts';
import { Channel } from '../../src/rpc/client.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

/* Many at once, who ask for nothing bad: cells that join, readers, cancels, calls that give up, receivers of callbacks. */

const CELLS = 200;
const READERS = 500;
const CANCELS = 1_000;
const OWED = 400;

let etcd: TestEtcd;
let bbs: TestBbs;
const receivers: Receiver[] = [];
beforeEach(async () => {
  etcd = await startEtcd();
  bbs = await startTestBbs({
    store: { kind: 'etcd', hosts: [...etcd.hosts] },
    callbacks: { scheduleMs: [200, 500, 500, 500, 500, 500], timeoutMs: 1_000 },
  });
});
afterEach(async () => {
  await bbs.stop();
  await etcd.stop();
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

async function receiving(): Promise<Receiver> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  return receiver;
}

/** A task that owes a callback. */
async function owing(completion_callback_url: string): Promise<string> {
  const { task_guid } = await bbs.tasks.DesireTask(request({ completion_callback_url }));
  await bbs.tasks.CancelTask({ task_guid }, { retry: true });
  return task_guid;
}

describe('many at once', () => {
  it(`C20: ${CELLS} cells join: each has its place, and each one a different epoch`, async () => {
    const capacity = { memory_mb: 1_000, disk_mb: 1_000, containers: 10 };
    const join = async (_: unknown, at: number) => {
      const offer = { cell_id: `c-${at}`, preloaded_rootfs: ['busybox'], capacity };
      const { epoch } = await bbs.cells.Register({ offer, incarnation: `i-${at}` }, { timeoutMs: 30_000 });
      await bbs.cells.Renew({ cell_id: `c-${at}`, epoch }, { timeoutMs: 30_000 });
      return epoch;
    };
    const epochs = await Promise.all(Array.from({ length: CELLS }, join));
    expect(new Set(epochs).size).toBe(CELLS);
    expect((await bbs.cluster.ListCells({})).cells).toHaveLength(CELLS);
  });

  it(`G06: ${READERS} readers of events: each is told of every task, in one order`, async () => {
    const channels = Array.from({ length: 10 }, () => new Channel({ addresses: [bbs.bbs.address] }));
    const stop = new AbortController();
    const guids = Array.from({ length: 20 }, (_, at) => `r-${at}`);
    let ready = 0;
    const read = async (_: unknown, at: number): Promise<string[]> => {
      const client = channels[at % channels.length]?.client('TaskService') ?? bbs.tasks;
      const created: string[] = [];
      for await (const event of client.WatchTasks({}, { signal: stop.signal })) {
        // The first message says where it begins.
        if (created.length === 0 && event.event !== 'created') ready += 1;
        if (event.event === 'created') created.push(event.created?.task?.task_guid ?? '');
        if (created.length === guids.length) return created;
      }
      return created;
    };
    const readers = Array.from({ length: READERS }, read);
    await expect.poll(() => ready, { timeout: 60_000 }).toBeGreaterThanOrEqual(READERS);
    for (const task_guid of guids) await bbs.tasks.DesireTask(request({ task_guid }));
    const told = await Promise.all(readers.map(async (reader) => await reader));
    stop.abort();
    for (const one of told) expect(one).toEqual(guids);
    for (const channel of channels) channel.close();
  });

  it(`G09: ${CANCELS} cancels at once: all are cancelled, none of them twice`, async () => {
    const tasks = Array.from({ length: CANCELS }, (_, at) => ({ ...request(), task_guid: `x-${at}` }));
    for (let from = 0; from < CANCELS; from += 500)
      await bbs.tasks.DesireTasks({ tasks: tasks.slice(from, from + 500) }, { timeoutMs: 60_000 });
    const ended = await Promise.all(
      tasks.map(async ({ task_guid }) => await bbs.tasks.CancelTask({ task_guid }, { retry: true, timeoutMs: 60_000 })),
    );
    expect(new Set(ended.map(({ state, outcome }) => `${state} ${outcome}`))).toEqual(new Set(['COMPLETED cancelled']));
  });

  it('G12: who gives up before it is answered finds a whole task or none, and the same one when it asks again', async () => {
    const asked = Array.from({ length: 100 }, (_, at) => ({
      ...request({ request_key: `k-${at}` }),
      task_guid: `d-${at}`,
    }));
    const first = await Promise.allSettled(
      asked.map(async (one, at) => await bbs.tasks.DesireTask(one, { timeoutMs: 1 + (at % 20) })),
    );
    for (const result of first) if (result.status === 'rejected') expect(isDomainError(result.reason)).toBe(true);
    for (const one of asked) {
      const before = await bbs.tasks.GetTask({ task_guid: one.task_guid }).catch(() => undefined);
      const { uid, state } = await bbs.tasks.DesireTask(one, { retry: true });
      if (before !== undefined) expect(uid).toBe(before.uid);
      expect(state).toBe('PENDING');
    }
    expect(Number((await bbs.tasks.ListTasks({ page_size: 1 })).total)).toBe(asked.length);
  });

  it('H04: an answer that comes when nobody waits for it is none: asked again, under the same webhook-id', async () => {
    const slow = await receiving();
    slow.script = [async () => await new Promise<number>((answer) => setTimeout(() => answer(200), 1_500))];
    const task_guid = await owing(slow.url);
    await expect.poll(() => slow.received.length).toBe(2);
    const ids = slow.received.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
    await expect.poll(async () => (await bbs.callbacks.GetCallback({ task_guid })).state).toBe('delivered');
  });

  it('H08: a receiver that never answers, with hundreds owed to it, holds up no other', async () => {
    const [dead, well] = [await receiving(), await receiving()];
    dead.script = Array.from({ length: 2_000 }, () => async () => await new Promise<number>(() => undefined));
    await Promise.all(Array.from({ length: OWED }, async () => await owing(dead.url)));
    await Promise.all(Array.from({ length: 20 }, async () => await owing(well.url)));
    await expect.poll(() => well.received.length, { timeout: 30_000 }).toBe(20);
    // Eight at once of a second each: that one's first round alone would have taken 50 s.
    expect(new Set(dead.received.map(({ headers }) => headers['webhook-id'])).size).toBeLessThan(OWED);
  });
});
