import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { TaskClient } from '../../src/client/index.ts';
import type { Running } from '../../src/platform/group.ts';
import { startTracing, traced, traceparent } from '../../src/platform/trace.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { rest } from '../support/rest.ts';

const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
const PARENT = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

describe('spans', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-trace-'));
  const roles: Running[] = [];
  let bbs: TestBbs;
  let collector: OtlpReceiver;
  let receiver: Receiver;
  let client: TaskClient;

  beforeAll(async () => {
    collector = await startOtlpReceiver();
    receiver = await startReceiver();
    bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
    const auctioneer = await startAuctioneer(
      auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.bbs.address] }),
      { log },
    );
    roles.push(auctioneer);
    const cell = cellConfig.parse({
      cellId: 'cell-1',
      bbs: [bbs.bbs.address],
      auctioneer: [auctioneer.address],
      preloaded: { busybox: 'busybox' },
      stateDir: folder,
      memoryMb: 1_000,
      diskMb: 1_000,
    });
    const runtime = new FakeRuntime({ cellId: 'cell-1' });
    roles.push(await startCell(cell, { log, runtime, killOnStop: true }));
    client = new TaskClient({ endpoint: bbs.bbs.address });
  });
  afterAll(async () => {
    client.close();
    for (const role of roles.reverse()) await role.stop();
    await bbs.stop();
    await collector.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const spec = (task_guid: string) => ({
    task_guid,
    domain: 'trace',
    root_fs: 'preloaded:busybox',
    action: { run: { path: '/bin/true' } },
    completion_callback_url: receiver.url,
  });
  const resolved = async (guid: string) =>
    await expect
      .poll(async () => (await rest(`http://${bbs.bbs.httpAddress}`, 'GET', `/v1/tasks/${guid}`)).status, {
        timeout: 30_000,
      })
      .toBe(404);

  it('are neither made nor asked for without an endpoint, but the context of a caller is kept and passed on', async () => {
    const none = await startTracing('gavel-test', {});
    expect(await traced('x', {}, async () => traceparent())).toBeUndefined();
    const base = `http://${bbs.bbs.httpAddress}`;
    const headers = { traceparent: PARENT, 'x-request-id': 'req-1' };
    const made = await rest(base, 'POST', '/v1/tasks', spec('passed'), headers);
    expect(made.json).toMatchObject({ traceparent: PARENT, request_id: 'req-1' });
    await resolved('passed');
    expect(receiver.received.at(-1)?.headers['traceparent']).toBe(PARENT);
    // What is no trace context is not passed on to anybody.
    const odd = await rest(base, 'POST', '/v1/tasks', spec('odd'), { traceparent: 'x\u00e4 y' });
    expect(odd.json).toMatchObject({ traceparent: '' });
    await resolved('odd');
    expect(collector.spans).toEqual([]);
    await none.stop();
  });

  it('of a task are one trace, from its submission through all roles to its callback', async () => {
    const tracing = await startTracing('gavel-test', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    const task = await traced('job', {}, async () => await client.tasks.run(spec('traced')));
    await resolved('traced');
    // Sends what is left.
    await tracing.stop();
    const ids = task.submitted?.traceparent.split('-') ?? [];
    const mine = collector.spans.filter(({ traceId }) => traceId === ids[1]);
    const named = (name: string) => {
      const [span, ...more] = mine.filter((one) => one.name === name);
      if (span === undefined || more.length > 0) throw new Error(`${more.length + 1} or no spans are called ${name}`);
      return span;
    };
    const job = named('job');
    const [called, served] = [3, 2].map((kind) =>
      mine.find((span) => span.name === 'gavel.v1.TaskService/DesireTask' && span.kind === kind),
    );
    expect(job).toMatchObject({ service: 'gavel-test', parentSpanId: '' });
    expect(called).toMatchObject({ parentSpanId: job.spanId, attributes: { 'rpc.method': 'DesireTask' } });
    expect(served).toMatchObject({ parentSpanId: called?.spanId, spanId: ids[2] });
    for (const name of ['claim', 'attempt', 'callback']) {
      expect(named(name)).toMatchObject({ parentSpanId: served?.spanId, attributes: { 'gavel.task': 'traced' } });
    }
    const attempt = named('attempt').spanId;
    for (const name of ['container.create', 'container.start', 'container.run'])
      expect(named(name).parentSpanId).toBe(attempt);
    expect(named('image').parentSpanId).toBe(named('container.create').spanId);
    expect(named('callback').kind).toBe(3);
    expect(receiver.received.at(-1)?.headers['traceparent']).toContain(named('callback').spanId);
    // The round has a trace of its own, since it may be about many tasks; the claim tells which one it was.
    const rounds = collector.spans.filter(({ name }) => name === 'auction round');
    expect(rounds.length).toBeGreaterThan(0);
    const claims = collector.spans.filter(({ name }) => name === 'gavel.v1.PlacementService/ClaimTasks');
    const linked = claims.find(({ spanId }) => named('claim').links.includes(spanId));
    expect(rounds.map(({ traceId }) => traceId)).toContain(linked?.traceId);
    // Neither renewing nor watching fills a trace.
    expect(collector.spans.filter(({ name }) => /Renew|Watch|Join/.test(name))).toEqual([]);
  });

  it('tell what failed', async () => {
    const tracing = await startTracing('gavel-test', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await expect(client.task('nowhere').info()).rejects.toMatchObject({ code: 'not_found' });
    await tracing.stop();
    const asked = collector.spans.filter(({ name }) => name === 'gavel.v1.TaskService/GetTask');
    expect(asked).toMatchObject([
      { failed: true, attributes: { 'error.type': 'not_found' } },
      { failed: true, attributes: { 'error.type': 'not_found' } },
    ]);
  });

  it('show the request in the timeline, for --debug', async () => {
    const { events } = await client.task('passed').timeline();
    expect(events[0]).toMatchObject({ kind: 'submitted', data: { request_id: 'req-1', traceparent: PARENT } });
  });
});
