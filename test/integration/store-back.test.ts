import { cp, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bbsConfig } from '../../bbs/config.ts';
import { type RunningBbs, startBbs } from '../../bbs/main.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { TaskEvent__Output } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import { request } from '../support/bbs.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

let etcd: TestEtcd;
let bbs: RunningBbs;
let channel: Channel;
let said = '';

beforeEach(async () => {
  etcd = await startEtcd();
  said = '';
  const log = pino(
    new Writable({
      write: (text: Buffer, _encoding, done) => {
        said += text.toString();
        done();
      },
    }),
  );
  const store = { kind: 'etcd' as const, hosts: [...etcd.hosts] };
  bbs = await startBbs(bbsConfig.parse({ listen: '127.0.0.1:0', store }), { log });
  channel = new Channel({ addresses: [bbs.address] });
});

afterEach(async () => {
  channel.close();
  await bbs.stop();
  await etcd.stop();
});

describe('a store that was put back to an older state', () => {
  it('E15: is noticed, told loudly, and what is there now is what is shown', async () => {
    const tasks = channel.client('TaskService');
    const member = etcd.members[0];
    if (member === undefined) throw new Error('no member');
    const kept = await tasks.DesireTask(request());
    await member.kill();
    const copy = `${member.folder}-copy`;
    await cp(member.folder, copy, { recursive: true });
    await member.restart();

    const again = { retry: true, timeoutMs: 15_000 };
    const lost = await tasks.DesireTask(request(), again);
    for (let more = 0; more < 5; more += 1) await tasks.DesireTask(request(), again);
    const seen: TaskEvent__Output[] = [];
    let cursor = '';
    const watching = (async () => {
      for await (const event of tasks.WatchTasks({})) {
        seen.push(event);
        if (event.event !== 'resync_needed' && event.cursor !== '') cursor = event.cursor;
      }
    })();
    await vi.waitUntil(() => cursor !== '', { timeout: 20_000 });
    await member.kill();
    await rm(member.folder, { recursive: true });
    await cp(copy, member.folder, { recursive: true });
    await member.restart();

    await vi.waitUntil(() => said.includes('store.went-back'), { timeout: 20_000, interval: 50 });
    await watching;
    expect(seen.at(-1)?.event).toBe('resync_needed');
    // The reader of before cannot go on behind its cursor, also when the store has come to that revision a second time.
    const made = await tasks.DesireTask(request(), again);
    for (let more = 0; more < 12; more += 1) await tasks.DesireTask(request(), again);
    for await (const event of tasks.WatchTasks({ cursor })) {
      expect(event.event).toBe('resync_needed');
      break;
    }
    const listed = (await tasks.ListTasks({}, again)).tasks.map(({ task_guid }) => task_guid);
    expect(listed).toContain(kept.task_guid);
    expect(listed).toContain(made.task_guid);
    expect(listed).not.toContain(lost.task_guid);
    expect(listed).toHaveLength(14);
    expect(new Set((await tasks.ListTasks({}, again)).tasks.map(({ number }) => number)).size).toBe(14);
    await rm(copy, { recursive: true });
  });
});
