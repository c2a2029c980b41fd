import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/platform/json.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';
import { answerFaults, document, operationOf, validator } from '../support/openapi.ts';
import { readEvents, rest } from '../support/rest.ts';

const run = { run: { path: '/bin/true' } };
const spec = (task_guid: string, over: object = {}) => ({
  task_guid,
  domain: 'rest',
  root_fs: 'preloaded:busybox',
  action: run,
  ...over,
});

/** The request of the requirements, with something in place of ACTION. */
const SAMPLE = `{
    "task_guid": "some-guid", "domain": "some-domain", "stack": "lucid64", "root_fs": "docker:///docker-org/docker-image",
    "env": [{"name": "ENV_NAME_A", "value": "ENV_VALUE_A"}, {"name": "ENV_NAME_B", "value": "ENV_VALUE_B"}],
    "cpu_weight": 57, "disk_mb": 1024, "memory_mb": 128,
    "action": {"run": {"path": "/bin/sh", "args": ["-c", "true"]}},
    "result_file": "/path/to/return", "completion_callback_url": "http://optional/callback/url",
    "log_guid": "some-log-guid", "log_source": "some-log-source", "annotation": "arbitrary metadata"
}`;

/** Generous: the machine may be busy with others. */
const expectSoon = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 30_000 });

describe('the REST mirror', () => {
  let bbs: TestBbs;
  let base: string;
  /** Operations that were called; each answer is one of those that the document tells of. */
  const called = new Set<string>();
  const call = async (method: string, path: string, body?: unknown, headers?: object) => {
    const answer = await rest(base, method, path, body, headers);
    const operation = operationOf(method, path);
    if (operation?.operationId === undefined) return answer;
    called.add(operation.operationId);
    expect({ method, path, faults: answerFaults(method, path, answer.status, answer.text) }).toMatchObject({
      faults: [],
    });
    return answer;
  };
  beforeAll(async () => {
    bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' }, eventsKept: 16 });
    base = `http://${bbs.bbs.httpAddress}`;
  });
  afterAll(() => bbs.stop());

  it('takes the request of the requirements and answers it whole, digit for digit', async () => {
    const made = await call('POST', '/v1/tasks', SAMPLE);
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/v1/tasks/some-guid');
    expect(made.json).toMatchObject({
      ...(JSON.parse(SAMPLE) as object),
      action: { run: { path: '/bin/sh' } },
      state: 'PENDING',
    });
    expect(made.text).toMatch(/"created_at":\d{19},/);
    const polled = await call('GET', '/v1/tasks/some-guid');
    expect(polled.text).toBe(made.text);
    expect((polled.json as { created_at: unknown }).created_at).toBe(
      BigInt((await bbs.tasks.GetTask({ task_guid: 'some-guid' })).created_at),
    );
  });

  it('names every fault, unknown fields among them', async () => {
    const bad = await call('POST', '/v1/tasks', spec('bad guid', { memory_md: 1, cpu_weight: 'x', state: 'PENDING' }));
    expect(bad.status).toBe(400);
    const { error } = bad.json as { error: { code: string; faults: { field: string; message: string }[] } };
    expect(error.code).toBe('invalid_argument');
    expect(error.faults.map(({ field }) => field).toSorted()).toEqual(['cpu_weight', 'memory_md', 'state']);
    expect(error.faults.find(({ field }) => field === 'memory_md')?.message).toContain('did you mean memory_mb?');
    const guid = await call('POST', '/v1/tasks', spec('bad guid'));
    expect(guid.json).toMatchObject({ error: { faults: [{ field: 'task_guid' }] } });
    expect((await call('POST', '/v1/tasks/some-guid/cancel', { raeson: 'x' })).json).toMatchObject({
      error: { faults: [{ field: 'raeson', message: 'there is no such field; did you mean reason?' }] },
    });
    expect((await call('GET', '/v1/tasks?sate=PENDING')).json).toMatchObject({
      error: { faults: [{ field: 'sate' }] },
    });
    expect((await call('GET', '/v1/tasks?state=PENDIN')).status).toBe(400);
    expect((await call('GET', '/v1/tasks?page_size=0')).status).toBe(400);
  });

  it('refuses what is no JSON, what is sent as something else, and what is too large', async () => {
    expect((await call('POST', '/v1/tasks', '{"task_guid":')).json).toMatchObject({
      error: { code: 'invalid_argument', message: expect.stringContaining('not valid JSON') as string },
    });
    expect((await call('POST', '/v1/tasks', '')).status).toBe(400);
    expect((await call('POST', '/v1/tasks', '['.repeat(100_000))).status).toBe(400);
    const form = await call('POST', '/v1/tasks', SAMPLE, { 'content-type': 'text/plain' });
    expect(form).toMatchObject({
      status: 400,
      json: { error: { message: expect.stringContaining('application/json') as string } },
    });
    const huge = await call('POST', '/v1/tasks', spec('huge', { annotation: 'x'.repeat(1_100_000) }));
    expect(huge).toMatchObject({ status: 413, json: { error: { code: 'too_large' } } });
    expect((await call('GET', '/v1/tasks/huge')).status).toBe(404);
  });

  it('answers an equal request with the task that is there, and refuses another one under its guid', async () => {
    const first = await call('POST', '/v1/tasks', spec('twice'));
    const again = await call('POST', '/v1/tasks', spec('twice'));
    expect([again.status, again.text]).toEqual([201, first.text]);
    const other = await call('POST', '/v1/tasks', spec('twice', { memory_mb: 7 }));
    expect(other).toMatchObject({
      status: 409,
      json: { error: { code: 'already_exists', faults: [{ field: 'memory_mb' }] } },
    });
  });

  it('lists by filter and page, with the fields that are asked for', async () => {
    for (const n of [1, 2, 3])
      await call('POST', '/v1/tasks', spec(`list-${n}`, { domain: 'lists', labels: { n: `${n}`, team: 'a' } }));
    await call('POST', '/v1/tasks/list-2/cancel');
    const first = (await call('GET', '/v1/tasks?domain=lists&page_size=2')).json as TaskList;
    expect(first.tasks.map(({ task_guid }) => task_guid)).toEqual(['list-3', 'list-2']);
    expect(first.total).toBe(3);
    const path = `/v1/tasks?domain=lists&page_size=2&page_token=${first.next_page_token}`;
    const second = (await call('GET', path)).json as TaskList;
    expect(second).toMatchObject({ tasks: [{ task_guid: 'list-1' }], next_page_token: '' });
    const waiting = (await call('GET', '/v1/tasks?domain=lists&state=PENDING&state=RUNNING')).json as TaskList;
    expect(waiting.tasks.map(({ task_guid }) => task_guid)).toEqual(['list-3', 'list-1']);
    const named = (await call('GET', '/v1/tasks?domain=lists&label=n=3,team&outcome=')).json as TaskList;
    expect(named.tasks.map(({ task_guid }) => task_guid)).toEqual(['list-3']);
    const masked = (await call('GET', '/v1/tasks?domain=lists&state=COMPLETED&field_mask=outcome')).json as TaskList;
    expect(masked.tasks).toEqual([
      { task_guid: 'list-2', number: expect.any(Number) as number, state: 'COMPLETED', outcome: 'cancelled' },
    ]);
  });

  it('cancels, kills, resolves and removes; history keeps it', async () => {
    await call('POST', '/v1/tasks', spec('end-1'));
    const cancelled = await call('POST', '/v1/tasks/end-1/cancel', { reason: 'enough' });
    expect(cancelled).toMatchObject({
      status: 200,
      json: { outcome: 'cancelled', failure_reason: 'task was cancelled: enough' },
    });
    expect(await call('POST', '/v1/tasks/end-1/kill', { grace: '5s' })).toMatchObject({
      status: 200,
      json: { outcome: 'cancelled' },
    });
    expect((await call('POST', '/v1/tasks/end-1/kill', { if_state: ['RUNNING'] })).status).toBe(409);
    expect((await call('DELETE', '/v1/tasks/end-1')).json).toMatchObject({ error: { code: 'invalid_transition' } });
    expect(await call('POST', '/v1/tasks/end-1/resolve')).toMatchObject({ status: 200, json: { state: 'RESOLVING' } });
    expect((await call('DELETE', '/v1/tasks/end-1')).status).toBe(204);
    expect(await call('GET', '/v1/tasks/end-1')).toMatchObject({ status: 404, json: { error: { code: 'not_found' } } });
    expect((await call('GET', '/v1/tasks/end-1?include_history=true')).status).toBe(200);
    const { records } = (await call('GET', '/v1/history')).json as { records: object[] };
    expect(records[0]).toMatchObject({
      task: { task_guid: 'end-1' },
      resolved_by: 'client',
      resolved_at: expect.any(BigInt) as bigint,
    });
    expect((await call('POST', '/v1/tasks/nowhere/cancel')).status).toBe(404);
  });

  it('tells every change once, and resumes behind the last one', async () => {
    const reader = await readEvents(`${base}/v1/events?domain=events`);
    await call('POST', '/v1/tasks', spec('event-1', { domain: 'events' }));
    await call('POST', '/v1/tasks', spec('other', { domain: 'else' }));
    const [created] = await reader.take(1);
    expect(created).toMatchObject({ event: 'created' });
    expect(created?.data).toMatch(/"task":{"task_guid":"event-1".*"created_at":\d{19},/);
    reader.close();
    await call('POST', '/v1/tasks/event-1/cancel');
    await call('POST', '/v1/tasks/event-1/resolve');
    await call('DELETE', '/v1/tasks/event-1');
    const resumed = await readEvents(`${base}/v1/events?domain=events`, { 'last-event-id': reader.lastId() });
    const after = await resumed.take(3);
    expect(after.map(({ event }) => event)).toEqual(['changed', 'changed', 'removed']);
    expect(JSON.parse(after[0]?.data ?? '')).toMatchObject({
      before: { state: 'PENDING' },
      task: { state: 'COMPLETED' },
    });
    resumed.close();
    expect((await call('GET', '/v1/events?cursor=bad')).status).toBe(400);
  });

  it('tells a reader that is too slow to list again, and holds nothing up for it', async () => {
    const slow = await readEvents(`${base}/v1/events`);
    slow.pause();
    // More than the sockets hold, and more events than are kept.
    const annotation = 'x'.repeat(10_000);
    const env = [{ name: 'A', value: 'y'.repeat(200_000) }];
    for (let n = 0; n < 70; n += 1) {
      await call('POST', '/v1/tasks', spec(`slow-${n}`, { annotation, env }));
    }
    slow.resume();
    const events = await slow.take(1_000);
    expect(events.at(-1)).toMatchObject({ event: 'resync_needed' });
    expect(events.length).toBeLessThan(70);
    await slow.ended;
    // From the cursor that came with it, the stream goes on.
    const again = await readEvents(`${base}/v1/events?domain=again`, { 'last-event-id': slow.lastId() });
    await call('POST', '/v1/tasks', spec('again', { domain: 'again' }));
    expect(await again.take(1)).toMatchObject([{ event: 'created' }]);
    again.close();
  });

  it('tells of logs before it answers what is wrong, and ends the text of a task that never ran', async () => {
    expect((await call('GET', '/v1/tasks/nowhere/logs')).status).toBe(404);
    expect((await call('GET', '/v1/tasks/twice/logs?stream=x')).status).toBe(400);
    expect(await call('GET', '/v1/tasks/twice/logs')).toMatchObject({ status: 200, text: '' });
    const events = await readEvents(`${base}/v1/tasks/twice/logs`);
    expect(await events.take(5)).toMatchObject([
      { event: 'end', data: expect.stringContaining('not been placed') as string },
    ]);
  });

  it('answers every request under its id, and unknown paths with an error of the same form', async () => {
    expect(
      (await call('GET', '/v1/cells', undefined, { 'gavel-request-id': 'my-id' })).headers.get('gavel-request-id'),
    ).toBe('my-id');
    const none = await call('GET', '/v2/tasks');
    expect(none).toMatchObject({ status: 404, json: { error: { code: 'not_found', faults: [] } } });
    expect(none.headers.get('gavel-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await call('PUT', '/v1/tasks')).status).toBe(404);
    expect(await call('GET', '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await call('GET', '/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
  });

  it('answers what its OpenAPI document says', async () => {
    const check = (schema: string, text: string) =>
      expect({ schema, faults: validator(schema)(JSON.parse(text)) }).toEqual({ schema, faults: [] });
    const served = await call('GET', '/openapi.json');
    expect(JSON.parse(served.text)).toEqual(document);
    check('Task', (await call('GET', '/v1/tasks/some-guid')).text);
    check('TaskList', (await call('GET', '/v1/tasks')).text);
    check('TaskList', (await call('GET', '/v1/tasks?field_mask=outcome')).text);
    check('HistoryList', (await call('GET', '/v1/history')).text);
    check('Error', (await call('GET', '/v1/tasks?page_size=x')).text);
    await bbs.cells.Register({
      offer: { cell_id: 'cell-1', stacks: ['s'], capacity: { memory_mb: 1, disk_mb: 2, containers: 3 } },
      incarnation: 'one',
    });
    await expectSoon(async () => (await call('GET', '/v1/cells')).text).toContain('cell-1');
    check('CellList', (await call('GET', '/v1/cells')).text);
    const reader = await readEvents(`${base}/v1/events`);
    await call('POST', '/v1/tasks', spec('valid'));
    await call('POST', '/v1/tasks/valid/cancel');
    for (const { data } of await reader.take(2)) check('TaskEvent', data);
    reader.close();
    for (const { data } of await (await readEvents(`${base}/v1/tasks/valid/logs`)).take(1)) check('LogEvent', data);
  });

  it('tells the steps of a task, why it waits, and what would become of a request', async () => {
    const valid = (schema: string, { status, text }: { status: number; text: string }) => {
      expect([status, validator(schema)(JSON.parse(text))]).toEqual([200, []]);
      return JSON.parse(text) as never;
    };
    await call('POST', '/v1/tasks', spec('asked', { memory_mb: 10_000 }));
    const waits: { summary: string; queue_position: number } = valid(
      'Explanation',
      await call('GET', '/v1/tasks/asked/explain'),
    );
    expect(waits).toMatchObject({ task: { task_guid: 'asked' } });
    expect(waits.queue_position).toBeGreaterThan(0);
    const dry = await call('POST', '/v1/explain', spec('dry'));
    expect(valid('Explanation', dry)).toMatchObject({ task: null, summary: expect.any(String) });
    expect((await call('GET', '/v1/tasks/dry')).status).toBe(404);
    expect((await call('POST', '/v1/explain', spec('dry', { memory_md: 1 }))).status).toBe(400);
    const planned = await call('POST', '/v1/plan', {
      request: spec('plan', { memory_mb: 100 }),
      add: [{ preloaded_rootfs: ['busybox'], capacity: { memory_mb: 250, containers: 9 } }],
    });
    expect(validator('Plan')(JSON.parse(planned.text))).toEqual([]);
    expect(planned.json).toMatchObject({ cells: expect.arrayContaining([expect.objectContaining({ placed: 2 })]) });
    const wrong = await call('POST', '/v1/plan', { request: spec('plan', { memory_md: 1 }), adds: [] });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('adds')]);
    expect((await call('GET', '/v1/tasks/asked/usage')).status).toBe(409);
    const usage = await call('GET', '/v1/usage');
    expect(validator('UsageList')(JSON.parse(usage.text))).toEqual([]);
    expect(usage.json).toEqual({ usages: [], notes: [] });

    await call('POST', '/v1/tasks/asked/cancel', { reason: 'enough' });
    const { number } = (await call('GET', '/v1/tasks/asked')).json as { number: number };
    const { events }: { events: { kind: string }[] } = valid('Timeline', await call('GET', '/v1/tasks/asked/timeline'));
    expect(events.map(({ kind }) => kind)).toEqual(['submitted', 'cancelled', 'completed']);
    expect((await call('GET', '/v1/tasks/asked/outputs')).json).toMatchObject({ error: { code: 'not_found' } });
    expect((await call('GET', `/v1/history/${number}`)).status).toBe(404);
    await call('POST', '/v1/tasks/asked/resolve');
    await call('DELETE', '/v1/tasks/asked');
    for (const id of [number, 'asked'])
      expect(valid('HistoryRecord', await call('GET', `/v1/history/${id}`))).toMatchObject({ task: { number } });
    expect(valid('Timeline', await call('GET', `/v1/tasks/${number}/timeline`))).toMatchObject({
      events: [{}, {}, {}, { kind: 'resolved' }],
    });
  });

  it('does to many at once what it does to one, each by itself', async () => {
    const many = await call('POST', '/v1/batches/desire', {
      tasks: [spec('many-1'), spec('many 2', { memory_md: 1 }), spec('many-3'), 7],
    });
    expect(many.json).toMatchObject({
      results: [
        { task: { task_guid: 'many-1', state: 'PENDING' }, error: null },
        { task: null, error: { code: 'invalid_argument', faults: [{ field: 'memory_md' }] } },
        { task: { task_guid: 'many-3' }, error: null },
        { task: null, error: { code: 'invalid_argument' } },
      ],
    });
    await call('POST', '/v1/tasks/many-1/cancel');
    const done = { code: '', message: '' };
    const codes = { verdicts: [done, { code: 'invalid_transition' }, { code: 'not_found' }] };
    const task_guids = ['many-1', 'many-3', 'nobody'];
    expect((await call('POST', '/v1/batches/resolve', { task_guids })).json).toMatchObject(codes);
    expect((await call('POST', '/v1/batches/delete', { task_guids })).json).toMatchObject(codes);
    expect((await call('GET', '/v1/tasks/many-1')).status).toBe(404);
    expect((await call('POST', '/v1/batches/desire')).status).toBe(400);
    expect((await call('POST', '/v1/batches/delete', { task_guids: Array(501).fill('x') })).status).toBe(400);
  });

  it('takes the input of a task as it streams in, and releases the task with its last byte', async () => {
    await call('POST', '/v1/tasks', spec('fed', { input_dir: '/input' }));
    await call('POST', '/v1/tasks', spec('not-fed'));
    const tar = Buffer.alloc(700 * 1_024, 'tar');
    const put = async (guid: string, bytes: Buffer, type = 'application/x-tar', query = '') => {
      const path = `/v1/tasks/${guid}/input`;
      const headers = { 'content-type': type, connection: 'close' };
      const answer = await fetch(`${base}${path}${query}`, { method: 'PUT', body: new Uint8Array(bytes), headers });
      const text = await answer.text();
      expect(answerFaults('PUT', path, answer.status, text)).toEqual([]);
      called.add('uploadInput');
      return { status: answer.status, json: parseJson(text) };
    };
    expect(await put('fed', tar, 'text/plain')).toMatchObject({ status: 400 });
    expect(await put('fed', tar, 'application/x-tar', '?sha256=f00')).toMatchObject({ status: 400 });
    expect(await put('fed', Buffer.alloc(17 * 2 ** 20))).toMatchObject({ status: 413 });
    expect(await put('not-fed', tar)).toMatchObject({ status: 409, json: { error: { code: 'invalid_transition' } } });
    expect(await put('nobody', tar)).toMatchObject({ status: 404 });

    // One that breaks off in the middle leaves the task waiting.
    const { port } = new URL(base);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /v1/tasks/fed/input HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/gzip\r\ncontent-length: 900000\r\n\r\n`,
    );
    socket.write(tar.subarray(0, 600_000), () => socket.destroy());
    await once(socket, 'close');
    const waiting = async () => ((await call('GET', '/v1/tasks/fed')).json as { waiting_for: string }).waiting_for;
    expect(await waiting()).toMatch(/^awaiting_input/);

    const sum = createHash('sha256').update(tar).digest('hex');
    expect(await put('fed', tar, 'application/octet-stream', `?sha256=${sum}`)).toMatchObject({ status: 200 });
    expect(await waiting()).not.toMatch(/^awaiting_input/);
  });

  it('ties tasks to a client, and lets go of them', async () => {
    await call('POST', '/v1/tasks', spec('held'));
    const held = await call('PUT', '/v1/holds/hold-of-rest', { task_guids: ['held'], holder: 'curl' });
    expect(held).toMatchObject({ status: 200, json: { hold_id: 'hold-of-rest', ttl_seconds: 15 } });
    expect((await call('PUT', '/v1/holds/short', { task_guids: [] })).status).toBe(400);
    expect((await call('DELETE', '/v1/holds/hold-of-rest')).status).toBe(204);
    expect((await call('DELETE', '/v1/holds/hold-of-rest')).status).toBe(204);
    expect((await call('GET', '/v1/tasks/held')).json).toMatchObject({ state: 'PENDING' });
  });

  it('answers every call of its document in the form that is told there', async () => {
    await call('GET', '/v1/cells/nobody/log');
    const reads = [
      'tasks/twice/outputs/download',
      'tasks/twice/usage',
      'callbacks',
      'callbacks/twice',
      'usage',
      'callback-secrets',
      'whoami',
      'domains',
    ];
    for (const of of reads) await call('GET', `/v1/${of}`);
    await call('PUT', '/v1/domains/set', { retention: '7d', max_pending: 5 });
    expect((await call('GET', '/v1/domains/set')).json).toMatchObject({ retention: '604800s', max_pending: 5 });
    await call('POST', '/v1/callback-secrets/rotate', { overlap: '1h' });
    const rule = { on: 'waiting', url: `${base}/nothing-here`, select: "domain == 'x'", for: '1h' };
    expect((await call('PUT', '/v1/alerts/mine', rule)).json).toMatchObject({
      for_seconds: 3_600,
      cooldown_seconds: 300,
    });
    expect(
      (await call('PUT', '/v1/alerts/mine', { on: 'ended', url: 'x', for: '1h', select: 'nope' })).json,
    ).toMatchObject({
      error: { faults: [{ field: 'url' }, { field: 'select' }, { field: 'for' }] },
    });
    expect((await call('GET', '/v1/alerts')).json).toMatchObject({ rules: [{ name: 'mine', last: null }] });
    expect((await call('POST', '/v1/alerts/mine/test')).json).toMatchObject({ status: 404, acknowledged: true });
    expect((await call('DELETE', '/v1/alerts/mine')).status).toBe(204);
    expect((await call('DELETE', '/v1/alerts/mine')).status).toBe(404);
    await call('POST', '/v1/callback-test', { url: `${base}/nothing-here`, outcome: 'failed' });
    await call('POST', '/v1/plan', { request: spec('planned'), count: 2 });
    await call('POST', '/v1/tasks/twice/annotate', { labels: { a: 'b' } });
    for (const verb of ['pin', 'unpin']) await call('POST', `/v1/history/twice/${verb}`);
    await call('POST', '/v1/history/purge', { before: 1, dry_run: true });
    for (const path of ['/v1/callbacks/twice/resend', '/v1/cells/cell-1/drain', '/v1/cells/cell-1/undrain'])
      await call('POST', path);
    called.add('watchTasks'); // Read by `readEvents`, above.
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(ids.filter((id) => !called.has(id))).toEqual([]);
  });

  it('does nothing for a web page of another site', async () => {
    const page = { origin: 'http://evil.example' };
    expect((await call('POST', '/v1/tasks/twice/cancel', undefined, page)).status).toBe(403);
    expect((await call('GET', '/v1/tasks', undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await call('GET', '/v1/tasks/twice')).json).toMatchObject({ state: 'PENDING' });
    // A name that was pointed at this machine.
    const [host, port] = (bbs.bbs.httpAddress ?? '').split(':');
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), host, () =>
        socket.write('GET /v1/tasks HTTP/1.1\r\nHost: evil.example\r\n\r\n'),
      );
      socket.once('data', (data) => {
        resolve(data.toString());
        socket.destroy();
      });
    });
    expect(answer).toContain('403');
  });
});

interface TaskList {
  readonly tasks: readonly { readonly task_guid: string }[];
  readonly total: number;
  readonly next_page_token: string;
}
