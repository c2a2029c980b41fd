import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogEntry, TaskClient, TaskError, TaskFailedError } from '../../../src/client/index.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import { FakeCluster, happyScript } from '../../support/fake-task-service.ts';

const spec = { domain: 'd', root_fs: 'preloaded:busybox', action: { run: { path: '/bin/true' } } };

let fake: FakeCluster;
let client: TaskClient;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  client = new TaskClient({ endpoint: fake.address, timeoutMs: 2_000 });
});
afterEach(async () => {
  client.close();
  await fake.stop();
});

async function logTexts(entries: AsyncIterable<LogEntry>): Promise<string[]> {
  const texts: string[] = [];
  for await (const entry of entries) texts.push(entry.type === 'line' ? entry.text.toString() : entry.type);
  return texts;
}

describe('a submit', () => {
  it('makes up a guid of 32 lower-case hex, and a key', async () => {
    const task = await client.tasks.run(spec);
    expect(task.id).toMatch(/^[0-9a-f]{32}$/);
    expect(task.submitted?.request_key).toMatch(/^[0-9a-f]{32}$/);
    expect(task.number).toBe(766);
  });

  it('under the same key asks for the very same task', async () => {
    const first = await client.tasks.run(spec, { key: 'nightly' });
    const second = await client.tasks.run(spec, { key: 'nightly' });
    expect(second.id).toBe(first.id);
    expect((await client.tasks.run(spec, { key: 'other' })).id).not.toBe(first.id);
  });

  it('of many answers each by itself, over as many calls as it takes', async () => {
    const specs = Array.from({ length: 501 }, (_, at) => ({ ...spec, domain: at === 7 ? 'refused' : 'd' }));
    const results = await client.tasks.runMany(specs);
    expect(results.map(({ task }) => task?.number).filter((number) => number !== undefined)).toEqual(
      Array.from({ length: 500 }, (_, at) => 766 + at),
    );
    expect(results[7]?.error).toMatchObject({ code: 'invalid_argument', message: 'two faults' });
  });

  it('tells the faults the server finds', async () => {
    const failure = await client.tasks.run({ ...spec, domain: 'refused' }).catch((e: unknown) => e);
    expect(failure).toBeInstanceOf(TaskError);
    expect(failure).toMatchObject({
      code: 'invalid_argument',
      faults: [{ field: 'domain' }, { field: 'env[0].name' }],
    });
  });

  it('does not leave for a spec that is wrong already', async () => {
    await expect(client.tasks.run({ domain: 'd' })).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(fake.calls).toEqual([]);
  });
});

describe('wait', () => {
  it('sees every state, and answers the record', async () => {
    fake.script = happyScript({ result: 'ok' }, 250);
    const handle = await client.tasks.run(spec);
    const states: string[] = [];
    const task = await handle.wait({ onEvent: (event) => states.push(event.task.state) });
    expect(states).toEqual(['PENDING', 'CLAIMED', 'RUNNING', 'COMPLETED']);
    expect(task).toMatchObject({ outcome: 'succeeded', result: 'ok' });
    expect(await handle.result()).toEqual({ text: 'ok', bytes: 0, truncated: false });
    expect(await handle.status()).toEqual({ state: 'COMPLETED', label: 'succeeded', outcome: 'succeeded', reason: '' });
  });

  it.each(['failed', 'timed_out', 'cancelled', 'unplaced', 'lost', 'infra_failed'] as const)(
    'resolves on %s',
    async (outcome) => {
      fake.script = happyScript({ outcome }, 0);
      expect((await (await client.tasks.run(spec)).wait()).outcome).toBe(outcome);
      await expect(client.tasks.runAndWait(spec)).rejects.toBeInstanceOf(TaskFailedError);
    },
  );

  it('finds a task that was over, resolved and removed before anyone looked', async () => {
    const { task_guid } = fake.put({ task_guid: 'fast' });
    fake.finish(task_guid, { result: 'quick' });
    fake.remove(task_guid);
    expect((await client.task('fast').wait()).result).toBe('quick');
    expect((await client.task(766).wait()).result).toBe('quick');
  });

  it('finds a task that ends and goes while its first watch is refused', async () => {
    const { task_guid } = fake.put({ task_guid: 'slips' });
    fake.watchFailures = [new DomainError('unavailable', 'not now')];
    const waiting = client.task('slips').wait();
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    fake.finish(task_guid);
    fake.remove(task_guid);
    expect((await waiting).outcome).toBe('succeeded');
  });

  it('goes on over a server that restarts, and over a cursor that is too old', async () => {
    const { task_guid } = fake.put({ task_guid: 'long' });
    const states: string[] = [];
    const waiting = client.task('long').wait({ onEvent: ({ task }) => states.push(task.state) });
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    fake.claim(task_guid);
    await expect.poll(() => states).toContain('CLAIMED');
    const { address } = fake;
    await fake.stop();
    fake.run(task_guid);
    fake.compact();
    await fake.start(address);
    await expect.poll(() => states, { timeout: 20_000 }).toContain('RUNNING');
    fake.finish(task_guid);
    expect((await waiting).outcome).toBe('succeeded');
    expect(states).toEqual(['PENDING', 'CLAIMED', 'RUNNING', 'COMPLETED']);
  });

  it('moves to the other server when one is gone', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const both = new TaskClient({ endpoint: `127.0.0.1:${port}, ${fake.address}` });
    fake.script = happyScript();
    expect((await both.tasks.runAndWait(spec)).outcome).toBe('succeeded');
    both.close();
  });

  it('does not take a later life of the guid for its own', async () => {
    const handle = await client.tasks.run({ ...spec, task_guid: 'again' });
    fake.finish('again', { result: 'first life' });
    fake.remove('again');
    fake.put({ task_guid: 'again' });
    expect((await handle.wait()).result).toBe('first life');
  });

  it('ends with an error, not never, when the record is gone without a trace', async () => {
    fake.put({ task_guid: 'lost' });
    const waiting = client.task('lost').wait();
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    fake.remove('lost', false);
    await expect(waiting).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.task('never-was').wait()).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives up at its time-out or signal and leaves the task alone', async () => {
    fake.put({ task_guid: 'slow' });
    await expect(client.task('slow').wait({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'deadline' });
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(), 50);
    await expect(client.task('slow').wait({ signal: giveUp.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(fake.live.get('slow')?.state).toBe('PENDING');
  });

  it('gives up on servers that stay away', async () => {
    const impatient = new TaskClient({ endpoint: fake.address, timeoutMs: 300, patienceMs: 200 });
    fake.put({ task_guid: 'alone' });
    const waiting = impatient.task('alone').wait();
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    const failure = waiting.catch((error: unknown) => error);
    await fake.stop();
    expect(await failure).toMatchObject({ code: 'unavailable' });
    impatient.close();
  });
});

describe('what a task gave', () => {
  it('is told while it is waited for, to the last line', async () => {
    fake.script = happyScript();
    const handle = await client.tasks.run(spec);
    const types: string[] = [];
    await handle.wait({ onLog: (entry) => types.push(entry.type) });
    expect(types.filter((type) => type === 'line').length).toBeGreaterThan(0);
    expect(types.at(-1)).toBe('end');
  });

  it('is JSON, through a schema, or an error that says what is wrong', async () => {
    const give = (guid: string, result: string, over: object = {}) => {
      fake.put({ task_guid: guid });
      fake.finish(guid, { result, result_bytes: result.length, ...over });
      return client.task(guid);
    };
    const schema = { parse: (value: unknown) => Number((value as { n: unknown }).n) };
    expect(await give('json', '{"n": 7}').resultJson(schema)).toBe(7);
    await expect(give('text', 'hello').resultJson()).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(give('cut', '{}', { result_truncated: true }).resultJson()).rejects.toThrow('were cut');
    expect(await give('bad', '', { outcome: 'failed' }).resultJson()).toBeNull();
  });
});

describe('logs', () => {
  it('come whole and in order over a broken stream, with the end mark last', async () => {
    const { task_guid } = fake.put({ task_guid: 'talks' });
    fake.breakLogsAfter = 2;
    const reading = logTexts(client.task('talks').logs({ follow: true }));
    for (let i = 1; i <= 5; i += 1) {
      fake.log(task_guid, { stream: 'stdout', text: `line ${i}` });
      await sleep(5);
    }
    fake.finish(task_guid);
    expect(await reading).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'end']);
  });

  it('may be of one stream, from a point on', async () => {
    const { task_guid } = fake.put({ task_guid: 'talks' });
    fake.log(
      task_guid,
      { stream: 'stdout', text: 'a' },
      { stream: 'stderr', text: 'b' },
      { stream: 'stdout', text: 'c' },
    );
    expect(await logTexts(client.task('talks').logs({ stream: 'stderr' }))).toEqual(['b', 'end']);
    expect(await logTexts(client.task('talks').logs({ afterSequence: 2 }))).toEqual(['c', 'end']);
  });

  it('let go of the stream when the reader breaks off', async () => {
    fake.put({ task_guid: 'talks' });
    fake.log('talks', { stream: 'stdout', text: 'a' });
    for await (const entry of client.task('talks').logs({ follow: true })) {
      expect(entry.type).toBe('line');
      break;
    }
  });
});

describe('the rest', () => {
  it('lists over pages', async () => {
    for (let i = 0; i < 25; i += 1) fake.put({ task_guid: `t-${i}` });
    const guids: string[] = [];
    for await (const task of client.tasks.list({ pageSize: 10 })) guids.push(task.task_guid);
    expect(guids).toHaveLength(25);
    expect(guids[0]).toBe('t-24');
  });

  it('cancels idempotently, or only where told', async () => {
    fake.put({ task_guid: 'c' });
    expect(await client.task('c').cancel({ reason: 'enough' })).toMatchObject({ outcome: 'cancelled' });
    expect(await client.task('c').kill({ graceMs: 500 })).toBe('already-finished');
    await expect(client.task('c').cancel({ ifState: ['RUNNING'] })).rejects.toMatchObject({
      code: 'invalid_transition',
    });
  });

  it('resolves once, removes, and reads history', async () => {
    fake.put({ task_guid: 'r' });
    fake.finish('r');
    await client.task('r').resolve();
    await expect(client.task('r').resolve()).rejects.toMatchObject({ code: 'invalid_transition' });
    await client.task('r').remove();
    expect((await client.history.get('r')).resolved_by).toBe('client');
    const records = [];
    for await (const record of client.history.list()) records.push(record.task.task_guid);
    expect(records).toEqual(['r']);
  });

  it('lists cells', async () => {
    expect(await client.cells.list()).toMatchObject([
      { cell_id: 'cell-1', capacity: { memory_mb: 4_096 }, reserved: { memory_mb: 0 }, epoch: 7 },
      { cell_id: 'cell-2', tasks_running: 1 },
    ]);
  });

  it('refuses an address that is none', () => {
    expect(() => new TaskClient({ endpoint: 'localhost' })).toThrow('localhost is no host:port');
  });
});
