import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BrowserClient, type BrowserEvent } from '../../src/client/browser.ts';
import { AlreadyExistsError, NotFoundError } from '../../src/client/index.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';

/* `gavel/browser`, which uses nothing but fetch, against a real BBS over REST and server-sent events. */

let bbs: TestBbs;
let client: BrowserClient;
beforeAll(async () => {
  bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
  client = new BrowserClient({ baseUrl: `http://${bbs.bbs.httpAddress}/` });
});
afterAll(() => bbs.stop());

const spec = (over: object = {}) => ({
  domain: 'page',
  root_fs: 'preloaded:busybox',
  action: { run: { path: '/bin/true' } },
  ...over,
});

describe('the SDK of a page', () => {
  it('submits once under a key, reads exact times, lists in pages and cancels', async () => {
    const task = await client.run(spec({ task_guid: 'p-1' }), { key: 'once' });
    expect(task).toMatchObject({ state: 'PENDING', domain: 'page' });
    expect(task.created_at).toBeGreaterThan(1_700_000_000_000_000_000n);
    expect((await client.run(spec({ task_guid: 'p-1' }), { key: 'once' })).uid).toBe(task.uid);
    await client.run(spec());
    const guids: string[] = [];
    for await (const { task_guid } of client.list({ domain: 'page', states: ['PENDING'] })) guids.push(task_guid);
    expect(guids).toEqual([expect.stringMatching(/^[\da-f]{32}$/), 'p-1']);
    expect(await client.cancel('p-1', 'enough')).toMatchObject({ state: 'COMPLETED', outcome: 'cancelled' });
    expect((await client.get(task.number)).task_guid).toBe('p-1');
  });

  it('waits over connections that break, and for a task that has gone to history', async () => {
    await client.run(spec({ task_guid: 'p-2' }));
    let opened = 0;
    // Every first stream breaks off before it has said anything.
    const broken = new BrowserClient({
      baseUrl: `http://${bbs.bbs.httpAddress}`,
      fetch: async (url, init) => {
        if (typeof url === 'string' && url.includes('/events') && opened++ === 0) throw new TypeError('fetch failed');
        return await fetch(url, init);
      },
    });
    const waiting = broken.wait('p-2');
    await expect.poll(() => opened).toBeGreaterThan(1);
    await client.cancel('p-2');
    expect(await waiting).toMatchObject({ outcome: 'cancelled' });
    await bbs.tasks.ResolveTask({ task_guid: 'p-2' });
    await bbs.tasks.DeleteTask({ task_guid: 'p-2' });
    expect(await client.wait('p-2')).toMatchObject({ outcome: 'cancelled' });
  });

  it('tells of every change behind a cursor', async () => {
    const { cursor } = await bbs.tasks.ListTasks({});
    await client.run(spec({ task_guid: 'p-3' }));
    await client.cancel('p-3');
    const seen: BrowserEvent[] = [];
    for await (const event of client.events({ from: cursor, domain: 'page' })) {
      seen.push(event);
      if (seen.length === 2) break;
    }
    expect(seen.map(({ type, task, before }) => [type, before?.state, task?.state])).toEqual([
      ['created', undefined, 'PENDING'],
      ['changed', 'PENDING', 'COMPLETED'],
    ]);
  });

  it('throws the errors of the SDK', async () => {
    await expect(client.get('nobody')).rejects.toBeInstanceOf(NotFoundError);
    const taken = await client.run(spec({ task_guid: 'p-3', memory_mb: 5 })).catch((error: unknown) => error);
    expect(taken).toBeInstanceOf(AlreadyExistsError);
    expect(taken).toMatchObject({ existing: 'p-3' });
    const aborted = AbortSignal.abort();
    await expect(client.wait('p-1', { signal: aborted })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
