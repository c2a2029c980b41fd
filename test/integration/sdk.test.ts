import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AlreadyExistsError,
  InvalidStateError,
  KeyMismatchError,
  NotFoundError,
  type TaskChange,
  TaskClient,
  TaskError,
  UnavailableError,
  ValidationError,
} from '../../src/client/index.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';

/* What the SDK offers beside a task's run, against a real BBS: nothing is placed here. */

let bbs: TestBbs;
let client: TaskClient;
beforeAll(async () => {
  bbs = await startTestBbs();
  client = new TaskClient({ endpoint: bbs.bbs.address });
});
afterAll(async () => {
  client.close();
  await bbs.stop();
});

const spec = (task_guid: string, over: object = {}) => ({
  task_guid,
  domain: 'sdk',
  root_fs: 'preloaded:busybox',
  action: { run: { path: '/bin/true' } },
  ...over,
});

const thrown = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the options of a client', () => {
  it('are a named cluster, a name of its own, no repeats, and an ear for each call', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gavel-sdk-'));
    const file = join(folder, 'config.yaml');
    writeFileSync(file, `contexts: {here: {server: "${bbs.bbs.address}"}}`);
    vi.stubEnv('GAVEL_CONFIG', file);
    // Of the environment only the contexts are read.
    vi.stubEnv('GAVEL_SERVER', '127.0.0.1:1');
    const calls: { method: string; code: string; address: string }[] = [];
    const named = new TaskClient({
      context: 'here',
      userAgent: 'nightly/1.4',
      requestId: 'my-request',
      onCall: ({ method, code, address }) => calls.push({ method, code, address }),
    });
    try {
      expect(named.endpoint).toBe(bbs.bbs.address);
      const missing = await thrown(named.tasks.get('nobody'));
      expect(missing).toMatchObject({ code: 'not_found', traceId: 'my-request' });
      expect(calls).toEqual([{ method: 'gavel.v1.TaskService/GetTask', code: 'not_found', address: bbs.bbs.address }]);
      expect(() => new TaskClient({ context: 'their' })).toThrow('there is no context their; known are here');
      expect(() => new TaskClient({ userAgent: 'a\nb' })).toThrow('userAgent: give 1 to 200 printable');
      const away = new TaskClient({ endpoint: '127.0.0.1:1', retry: false, timeoutMs: 60_000 });
      const begun = performance.now();
      expect(await thrown(away.tasks.get('x'))).toBeInstanceOf(UnavailableError);
      expect(performance.now() - begun).toBeLessThan(30_000);
      away.close();
    } finally {
      named.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('errors', () => {
  it('have a class each, with what a program needs to go on', async () => {
    await client.tasks.run(spec('taken'), { key: 'first' });

    const exists = await thrown(client.tasks.run(spec('taken', { memory_mb: 7 })));
    expect(exists).toBeInstanceOf(AlreadyExistsError);
    expect(exists).not.toBeInstanceOf(KeyMismatchError);
    expect(exists).toMatchObject({ existing: 'taken', faults: [{ field: 'memory_mb' }], code: 'already_exists' });

    const key = await thrown(client.tasks.run(spec('', { memory_mb: 7 }), { key: 'first' }));
    expect(key).toBeInstanceOf(KeyMismatchError);
    expect(key).toMatchObject({ existing: 'taken', diff: ['memory_mb'] });

    const state = await thrown(client.task('taken').resolve());
    expect(state).toBeInstanceOf(InvalidStateError);
    expect(state).toMatchObject({ state: 'PENDING', status: 409, retryable: false });

    const none = await thrown(client.tasks.get('nowhere'));
    expect(none).toBeInstanceOf(NotFoundError);
    // The server's own id of the call, under which it logs.
    expect(none).toMatchObject({ name: 'NotFoundError', traceId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });

    const bad = await thrown(client.tasks.run(spec('b', { env: [{ name: '' }], memory_mb: -1 })));
    expect(bad).toBeInstanceOf(ValidationError);
    expect((bad as ValidationError).issues.map(({ field }) => field)).toEqual(['env[0].name', 'memory_mb']);

    const away = new TaskClient({ endpoint: '127.0.0.1:1', timeoutMs: 200 });
    const gone = await thrown(away.tasks.get('x'));
    expect(gone).toBeInstanceOf(UnavailableError);
    expect(gone).toMatchObject({ retryable: true, traceId: '' });
    away.close();
  });
});

describe('raw', () => {
  it('is the calls of Diego, verb for verb', async () => {
    const { raw } = client;
    const changes: TaskChange[] = [];
    const enough = new AbortController();
    const watching = (async () => {
      for await (const change of raw.watchTasks(enough.signal)) {
        changes.push(change);
        if (change.type === 'removed') return;
      }
    })();
    // A watch begins at its first message; a task of before is not told.
    await expect
      .poll(async () => {
        await raw.desireTask(spec(`before-${changes.length}-${Date.now()}`, { domain: 'other' }));
        return changes.length;
      })
      .toBeGreaterThan(0);

    const made = await raw.desireTask(spec('r-1', { domain: 'raw' }));
    expect(made).toMatchObject({ task_guid: 'r-1', state: 'PENDING', request_key: '' });
    expect((await raw.tasks()).map(({ task_guid }) => task_guid)).toContain('r-1');
    expect(await raw.tasksByDomain('raw')).toMatchObject([{ task_guid: 'r-1' }]);
    expect(await raw.tasksByDomain('nobody')).toEqual([]);
    expect(await raw.tasksByCellId('no-cell')).toEqual([]);
    expect((await raw.taskByGuid('r-1')).created_at).toBe(made.created_at);
    expect(await raw.cancelTask('r-1')).toMatchObject({ state: 'COMPLETED', failed: true });
    expect(await raw.resolvingTask('r-1')).toMatchObject({ state: 'RESOLVING' });
    await expect(raw.resolvingTask('r-1')).rejects.toBeInstanceOf(InvalidStateError);
    await raw.deleteTask('r-1');
    await expect(raw.taskByGuid('r-1')).rejects.toBeInstanceOf(NotFoundError);
    await watching;
    const own = changes.filter((change) => change.type !== 'resync' && change.task.task_guid === 'r-1');
    expect(own.map(({ type }) => type)).toEqual(['created', 'changed', 'changed', 'removed']);
    await expect(raw.desireTask({ domain: 'd' })).rejects.toBeInstanceOf(ValidationError);
  });
});

describe('a task', () => {
  it('is killed, or was over already: live, and in history', async () => {
    const task = await client.tasks.run(spec('k-1'));
    expect(await task.kill({ waitMs: 20_000, reason: 'enough' })).toBe('stopped');
    expect(await task.kill()).toBe('already-finished');
    await task.resolve();
    await task.remove();
    expect(await task.kill()).toBe('already-finished');
    expect((await task.info()).failure_reason).toBe('task was cancelled: enough');
    await expect(client.task('k-none').kill()).rejects.toBeInstanceOf(NotFoundError);
  });

  it('looks like the row of the command line, and has times as dates', async () => {
    const task = await client.tasks.run(spec('t-1', { description: 'nightly' }));
    expect(String(client.task('t-1'))).toBe('Task t-1');
    const [titles, row] = inspect(task).split('\n');
    expect(titles).toMatch(/^# +State +Timestamp +User +Description +Result$/);
    expect(row).toMatch(/^\d+ +PENDING +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +local +nightly$/);
    const info = await task.info();
    expect(String(info)).toBe(inspect(task));
    expect(BigInt(info.createdAt.getTime())).toBe(info.created_at / 1_000_000n);
    expect(info.startedAt).toBeUndefined();
    // None of it is a field of the record.
    expect(Object.keys(info)).not.toContain('createdAt');
  });

  it('may be asked for without being made', async () => {
    const told = await client.tasks.run(spec('dry'), { dryRun: true });
    expect(told.summary).not.toBe('');
    await expect(client.tasks.get('dry')).rejects.toBeInstanceOf(NotFoundError);
  });

  it('is let alone by a context whose signal was aborted before, and cancelled by one that is aborted inside', async () => {
    const task = await client.tasks.run(spec('s-1'));
    await expect(task.syncContext({ signal: AbortSignal.abort() })).rejects.toBeInstanceOf(TaskError);
    expect((await task.info()).state).toBe('PENDING');
    const listeners = process.listenerCount('SIGTERM');
    const stop = new AbortController();
    const inside = thrown(task.syncContext(async (held) => await held.wait(), { signal: stop.signal, holder: 'test' }));
    await expect.poll(() => process.listenerCount('SIGTERM')).toBe(listeners + 1);
    stop.abort();
    expect(await inside).toMatchObject({ name: 'InterruptedError', signal: 'AbortSignal' });
    expect((await task.info()).failure_reason).toContain('its client test was interrupted');
  });
});

describe('events', () => {
  it('of a task go on behind a cursor, every change of it, and never tell what was told', async () => {
    const task = await client.tasks.run(spec('from-1', { domain: 'from' }));
    const { cursor } = await client.tasks.page({ domain: 'from' });
    for (const step of ['a', 'b']) await task.annotate({ labels: { step } });
    const seen: string[] = [];
    for await (const { type, task: now, cursor: at } of client.task('from-1').events({ from: cursor })) {
      seen.push(`${type} ${now.labels['step'] ?? '-'} ${now.state}`);
      if (now.labels['step'] === 'b' && now.state === 'PENDING') await task.cancel();
      expect(at).not.toBe('');
    }
    expect(seen).toEqual(['changed a PENDING', 'changed b PENDING', 'changed b COMPLETED']);
    // Of a task that has ended, its end; without a cursor the task as it is.
    const again = async (options: { from?: string }) => {
      const types: string[] = [];
      for await (const { type } of client.task('from-1').events(options)) types.push(type);
      return types;
    };
    expect(await again({ from: cursor })).toEqual(['changed']);
    expect(await again({})).toEqual(['found']);
  });

  it('go on behind a cursor, of a page or of a change', async () => {
    const { cursor } = await client.tasks.page();
    const task = await client.tasks.run(spec('e-1', { domain: 'events' }));
    await task.cancel();
    const some = async (from: string, count: number) => {
      const found: TaskChange[] = [];
      for await (const change of client.events({ from, domain: 'events' })) {
        found.push(change);
        if (found.length === count) break;
      }
      return found;
    };
    const all = await some(cursor, 2);
    expect(all).toMatchObject([
      { type: 'created', task: { task_guid: 'e-1' } },
      { type: 'changed', before: { state: 'PENDING' }, task: { state: 'COMPLETED' } },
    ]);
    expect(await some(all[0]?.cursor ?? '', 1)).toMatchObject([{ type: 'changed' }]);
  });
});

describe('close', () => {
  it('ends what waits', async () => {
    const other = new TaskClient({ endpoint: bbs.bbs.address });
    const task = await other.tasks.run(spec('c-1'));
    const waiting = thrown(task.wait({ timeoutMs: 3_600_000 }));
    const events = thrown(other.events()[Symbol.asyncIterator]().next());
    await expect.poll(async () => (await task.status()).state).toBe('PENDING');
    other.close();
    expect([await waiting, await events]).toMatchObject([{ code: 'cancelled' }, { code: 'cancelled' }]);
    expect(await thrown(task.info())).toMatchObject({ code: 'cancelled' });
  });

  it('leaves nothing behind that keeps a program alive', async () => {
    const built = join(resolve(import.meta.dirname, '../..'), 'dist/src/client/index.js');
    if (!existsSync(built)) throw new Error('dist/ is missing. Run: make build');
    const program = `
      import { TaskClient } from ${JSON.stringify(built)};
      const client = new TaskClient({ endpoint: '${bbs.bbs.address}' });
      const task = await client.tasks.run(${JSON.stringify(spec('c-2'))});
      const told = (error) => console.log(error.code);
      task.wait({ timeoutMs: 3_600_000, onLog: () => {} }).catch(told);
      client.task('c-2').syncContext(async (held) => await held.wait()).catch(told);
      (async () => { for await (const entry of task.logs({ follow: true })) void entry; })().catch(told);
      (async () => { for await (const change of client.events()) void change; })().catch(told);
      setTimeout(() => client.close(), 500);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString();
    });
    const kept = setTimeout(() => child.kill('SIGKILL'), 40_000);
    expect(await once(child, 'close')).toEqual([0, null]);
    clearTimeout(kept);
    expect(out.trim().split('\n')).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
  }, 60_000);
});
