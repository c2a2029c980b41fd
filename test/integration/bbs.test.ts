import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskEvent__Output } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const offer = (cell_id: string) => ({
  cell_id,
  preloaded_rootfs: ['busybox'],
  rootfs_schemes: ['preloaded'],
  capacity: { memory_mb: 1_000, disk_mb: 1_000, containers: 10 },
});

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

describe.each(['embedded', 'etcd'] as const)('the BBS on the %s store', (kind) => {
  let etcd: TestEtcd | undefined;
  let bbs: TestBbs;
  let receiver: Receiver;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    if (kind === 'etcd') etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());
  let run = 0;
  const start = (over: Parameters<typeof startTestBbs>[0] = {}, prefix = `/test-${run}/`) =>
    startTestBbs({
      ...(etcd === undefined ? {} : { store: { kind: 'etcd', hosts: [...etcd.hosts], prefix } }),
      ...over,
    });
  beforeEach(async () => {
    run += 1;
    bbs = await start();
    receiver = await startReceiver();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await bbs.stop();
    await receiver.stop();
  });

  async function register(cellId: string, incarnation = 'one'): Promise<string> {
    return (await bbs.cells.Register({ offer: offer(cellId), incarnation })).epoch;
  }

  async function claim(task: Task__Output, cell_id: string, epoch: string): Promise<string> {
    const { verdicts } = await bbs.placement.ClaimTasks({
      items: [{ task_guid: task.task_guid, uid: task.uid, cell_id, epoch }],
    });
    expect(verdicts[0]?.verdict?.code).toBe('');
    return verdicts[0]?.attempt ?? '';
  }

  async function startTask(guid: string, attempt: string, cell_id: string, epoch: string, nonce = 'n1') {
    const item = {
      claim: { task_guid: guid, attempt },
      nonce,
      image_digest: 'sha256:1',
      limits_in_force: { memory: '64 MB' },
    };
    return (await bbs.cells.StartTasks({ cell_id, epoch, items: [item] })).verdicts[0]?.code;
  }

  async function completeTask(guid: string, attempt: string, cell_id: string, epoch: string, over: object = {}) {
    const outcome = { outcome: 'succeeded', exit_code: 0, result: Buffer.from('forty-two'), result_bytes: 9, ...over };
    return (
      await bbs.cells.CompleteTasks({ cell_id, epoch, items: [{ claim: { task_guid: guid, attempt }, outcome }] })
    ).verdicts[0]?.code;
  }

  it('carries a task from PENDING to its callback and into history, digit for digit', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(
      request({ completion_callback_url: receiver.url, annotation: 'ünïcode', env: [{ name: 'A', value: 'b' }] }),
    );
    expect(made).toMatchObject({ state: 'PENDING', waiting_for: 'the next auction', failed: false });
    expect(made.created_at).toMatch(/^\d{19}$/);
    const attempt = await claim(made, 'cell-1', epoch);
    const { tasks } = await bbs.cells.FetchTasks({
      cell_id: 'cell-1',
      epoch,
      claims: [{ task_guid: made.task_guid, attempt }],
    });
    expect(tasks[0]?.task).toMatchObject({
      state: 'CLAIMED',
      cell_id: 'cell-1',
      attempt,
      action: { run: { path: '/bin/true' } },
    });
    expect(await startTask(made.task_guid, attempt, 'cell-1', epoch)).toBe('');
    expect(await bbs.tasks.GetTask({ task_guid: made.task_guid })).toMatchObject({
      state: 'RUNNING',
      image_digest: 'sha256:1',
    });
    expect(await completeTask(made.task_guid, attempt, 'cell-1', epoch)).toBe('');

    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
    await expect
      .poll(() => code(bbs.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    const body = receiver.received[0]?.body ?? '';
    const { task, resolved_by, delivery } = await bbs.history.GetHistory({ task_guid: made.task_guid });
    expect({ resolved_by, delivery }).toMatchObject({
      resolved_by: 'callback',
      delivery: { state: 'delivered', attempts: 1, last_status: 200 },
    });
    expect(task).toMatchObject({
      outcome: 'succeeded',
      result: 'forty-two',
      exit_code: 0,
      cell_id: 'cell-1',
      created_at: made.created_at,
    });
    // A number literal, exact to the last digits, which a JavaScript number would lose.
    expect(body).toContain(`"created_at":${made.created_at}`);
    expect(body).toContain(`"first_completed_at":${task?.first_completed_at}`);
    expect(JSON.parse(body)).toMatchObject({
      task_guid: made.task_guid,
      annotation: 'ünïcode',
      env: [{ name: 'A', value: 'b' }],
      state: 'RESOLVING',
      result: 'forty-two',
    });
    expect(receiver.received[0]?.headers['webhook-id']).toBe(made.uid);
  });

  it('gives a cell the definitions that it holds, the password with them, and says why not of each other', async () => {
    const epoch = await register('cell-fetch');
    const plain = await bbs.tasks.DesireTask(request({ env: [{ name: 'A', value: 'ü' }] }));
    const login = { root_fs: 'docker://private/image', image_username: 'me', image_password: 'hunter2' };
    const secret = await bbs.tasks.DesireTask(request(login));
    const claims = [];
    for (const made of [plain, secret])
      claims.push({ task_guid: made.task_guid, attempt: await claim(made, 'cell-fetch', epoch) });
    const stale = { task_guid: plain.task_guid, attempt: 'another' };
    const asked = [...claims, stale, { task_guid: 'nowhere', attempt: 'a' }];
    const { tasks } = await bbs.cells.FetchTasks({ cell_id: 'cell-fetch', epoch, claims: asked });
    const told = await bbs.tasks.GetTask({ task_guid: plain.task_guid });
    expect(tasks.map(({ task, verdict }) => [task?.task_guid, task?.image_password, verdict?.code])).toEqual([
      [plain.task_guid, '', ''],
      [secret.task_guid, 'hunter2', ''],
      [undefined, undefined, 'stale_attempt'],
      [undefined, undefined, 'not_found'],
    ]);
    expect(tasks[0]?.task).toEqual(told);
    expect((await bbs.tasks.GetTask({ task_guid: secret.task_guid })).image_password).toBe('***');
    for (const { task_guid } of claims) await bbs.tasks.CancelTask({ task_guid });
  });

  it('answers an equal request with the task that is there, and names the fields of one that differs', async () => {
    const asked = request();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => bbs.tasks.DesireTask(asked)));
    expect(new Set(others.map((task) => task.uid))).toEqual(new Set([first?.uid]));
    const failure = await bbs.tasks.DesireTask({ ...asked, memory_mb: 65 }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'already_exists', faults: [{ field: 'memory_mb' }] });
  });

  it('makes one task of fifty requests with one key, and none after it was resolved', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => bbs.tasks.DesireTask(request({ request_key: 'k' }))),
    );
    expect(new Set(answers.map((task) => task.uid)).size).toBe(1);
    const [task] = answers;
    await bbs.tasks.CancelTask({ task_guid: task?.task_guid ?? '' });
    await bbs.tasks.ResolveTask({ task_guid: task?.task_guid ?? '' });
    await bbs.tasks.DeleteTask({ task_guid: task?.task_guid ?? '' });
    expect(await bbs.tasks.DesireTask(request({ request_key: 'k' }))).toMatchObject({
      uid: task?.uid,
      outcome: 'cancelled',
    });
    expect(await code(bbs.tasks.DesireTask(request({ request_key: 'k', memory_mb: 1 })))).toBe('already_exists');
  });

  it('takes many at once, each with its own answer', async () => {
    const [one, two] = [request(), request()];
    const { results } = await bbs.tasks.DesireTasks({ tasks: [one, { ...request(), memory_mb: -1 }, two, one] });
    expect(results.map(({ task }) => task?.task_guid)).toEqual([
      one.task_guid,
      undefined,
      two.task_guid,
      one.task_guid,
    ]);
    expect(results.map(({ refusal }) => refusal?.code)).toEqual([undefined, 'invalid_argument', undefined, undefined]);
    expect(results[1]?.refusal?.message).toContain('memory_mb');
    const task_guids = [one.task_guid ?? '', 'nobody', two.task_guid ?? ''];
    for (const task_guid of task_guids) await code(bbs.tasks.CancelTask({ task_guid }));
    const resolved = await bbs.tasks.ResolveTasks({ task_guids });
    expect(resolved.verdicts.map((verdict) => verdict.code)).toEqual(['', 'not_found', '']);
    expect((await bbs.tasks.DeleteTasks({ task_guids })).verdicts.map((verdict) => verdict.code)).toEqual([
      '',
      'not_found',
      '',
    ]);
    expect((await bbs.tasks.ListTasks({})).tasks).toEqual([]);
    expect(await code(bbs.tasks.DeleteTasks({ task_guids: Array.from({ length: 501 }, () => 'x') }))).toBe(
      'invalid_argument',
    );
  });

  it('reports every fault of a request at once', async () => {
    const failure = (await bbs.tasks
      .DesireTask({
        task_guid: 'a b',
        domain: '',
        root_fs: 'busybox',
        memory_mb: -1,
        env: [{ name: '' }],
        result_file: 'x',
        cpu_weight: 101,
      })
      .catch((e: unknown) => e)) as { code: string; faults: { field: string }[] };
    expect(failure.code).toBe('invalid_argument');
    expect(failure.faults.map((fault) => fault.field).sort()).toEqual(
      ['action', 'cpu_weight', 'domain', 'env[0].name', 'memory_mb', 'result_file', 'root_fs', 'task_guid'].sort(),
    );
  });

  it('lets only the try with the written nonce start, however often its answer was lost', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', epoch);
    const nonces = Array.from({ length: 20 }, (_, i) => `nonce-${i}`);
    const codes = await Promise.all(nonces.map((nonce) => startTask(made.task_guid, attempt, 'cell-1', epoch, nonce)));
    expect(codes.filter((c) => c === '')).toHaveLength(1);
    const winner = nonces[codes.indexOf('')] ?? '';
    expect(await startTask(made.task_guid, attempt, 'cell-1', epoch, winner)).toBe('');
    expect(await startTask(made.task_guid, attempt, 'cell-1', epoch, 'another')).toBe('invalid_transition');
  });

  it('takes no claim and no adoption under an epoch that its cell does not hold', async () => {
    const epoch = await register('cell-1');
    const another = String(Number(epoch) + 1_000_000);
    const made = await bbs.tasks.DesireTask(request());
    const { task_guid, uid } = made;
    const { verdicts } = await bbs.placement.ClaimTasks({
      items: [
        { task_guid, uid, cell_id: 'cell-1', epoch: another },
        { task_guid, uid, cell_id: 'cell-that-is-not', epoch },
      ],
    });
    expect(verdicts.map(({ verdict }) => verdict?.code)).toEqual(['stale_attempt', 'stale_attempt']);
    const attempt = await claim(made, 'cell-1', epoch);
    await startTask(task_guid, attempt, 'cell-1', epoch);
    const adopt = { cell_id: 'cell-1', epoch: another, claims: [{ task_guid, attempt }] };
    expect((await bbs.cells.AdoptTasks(adopt)).verdicts[0]?.code).toBe('stale_attempt');
    expect((await bbs.tasks.GetTask({ task_guid })).state).toBe('RUNNING');
  });

  it('refuses what comes from another attempt, cell or epoch', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', epoch);
    expect(await startTask(made.task_guid, 'other', 'cell-1', epoch)).toBe('stale_attempt');
    expect(await startTask(made.task_guid, attempt, 'cell-2', epoch)).toBe('stale_attempt');
    expect(await startTask(made.task_guid, attempt, 'cell-1', '1')).toBe('stale_attempt');
    await bbs.cells.Leave({ cell_id: 'cell-1', epoch });
    expect(await startTask(made.task_guid, attempt, 'cell-1', epoch)).not.toBe('');
    const again = await register('cell-1', 'two');
    expect(again).not.toBe(epoch);
    // The lost cell's claim went back; nothing was started.
    await expect.poll(async () => (await bbs.tasks.GetTask({ task_guid: made.task_guid })).state).toBe('PENDING');
  });

  it('gives a released claim back, with the reason and a pause', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', epoch);
    const item = {
      claim: { task_guid: made.task_guid, attempt },
      code: 'insufficient_resources',
      reason: 'insufficient resources: memory',
    };
    expect((await bbs.cells.ReleaseTasks({ cell_id: 'cell-1', epoch, items: [item] })).verdicts[0]?.code).toBe('');
    expect((await bbs.cells.ReleaseTasks({ cell_id: 'cell-1', epoch, items: [item] })).verdicts[0]?.code).toBe(
      'invalid_transition',
    );
    expect(await bbs.tasks.GetTask({ task_guid: made.task_guid })).toMatchObject({
      state: 'PENDING',
      cell_id: '',
      rejection_count: 1,
      rejection_reason: 'insufficient resources: memory',
    });
  });

  it('cancels in every state, once, and the late completion changes nothing', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', epoch);
    await startTask(made.task_guid, attempt, 'cell-1', epoch);
    const orders = bbs.cells.Control({ cell_id: 'cell-1', epoch })[Symbol.asyncIterator]();
    await orders.next();
    expect(await bbs.tasks.CancelTask({ task_guid: made.task_guid, reason: '' })).toMatchObject({
      state: 'COMPLETED',
      failed: true,
      failure_reason: 'task was cancelled',
      outcome: 'cancelled',
    });
    expect((await orders.next()).value).toMatchObject({ stop: { claim: { task_guid: made.task_guid, attempt } } });
    expect(await completeTask(made.task_guid, attempt, 'cell-1', epoch)).toBe('stale_attempt');
    expect(await bbs.tasks.CancelTask({ task_guid: made.task_guid })).toMatchObject({
      outcome: 'cancelled',
      result: '',
    });
    await orders.return?.();
  });

  it('lets one of twenty resolvers win', async () => {
    const made = await bbs.tasks.DesireTask(request());
    await bbs.tasks.CancelTask({ task_guid: made.task_guid });
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => code(bbs.tasks.ResolveTask({ task_guid: made.task_guid }))),
    );
    expect(codes.filter((c) => c === 'ok')).toHaveLength(1);
    expect(await code(bbs.tasks.DeleteTask({ task_guid: made.task_guid }))).toBe('ok');
    expect(await code(bbs.tasks.DeleteTask({ task_guid: made.task_guid }))).toBe('not_found');
  });

  it('refuses illegal moves with the words clients match', async () => {
    const made = await bbs.tasks.DesireTask(request());
    await expect(bbs.tasks.ResolveTask({ task_guid: made.task_guid })).rejects.toMatchObject({
      code: 'invalid_transition',
      message: 'cannot transition from PENDING to RESOLVING',
    });
    await expect(bbs.tasks.DeleteTask({ task_guid: made.task_guid })).rejects.toMatchObject({
      message: 'cannot transition from PENDING to RESOLVING',
    });
    expect(await code(bbs.tasks.GetTask({ task_guid: 'nobody' }))).toBe('not_found');
  });

  it('lists newest first in pages, filters, and answers nothing for an unknown domain', async () => {
    const guids: string[] = [];
    for (let i = 0; i < 25; i += 1)
      guids.push((await bbs.tasks.DesireTask(request({ domain: i % 5 === 0 ? 'five' : 'other' }))).task_guid);
    const seen: string[] = [];
    let token = '';
    do {
      const page = await bbs.tasks.ListTasks({ page_size: 10, page_token: token });
      expect(page.total).toBe('25');
      seen.push(...page.tasks.map((task) => task.task_guid));
      token = page.next_page_token;
    } while (token !== '');
    expect(seen).toEqual(guids.toReversed());
    expect((await bbs.tasks.ListTasks({ domain: 'five' })).tasks).toHaveLength(5);
    expect((await bbs.tasks.ListTasks({ domain: 'nobody' })).tasks).toHaveLength(0);
    const [masked] = (await bbs.tasks.ListTasks({ page_size: 1, field_mask: ['outcome'] })).tasks;
    expect(masked).toMatchObject({ task_guid: guids.at(-1), root_fs: '', state: 'PENDING' });
    expect(await code(bbs.tasks.ListTasks({ page_size: 1_001 }))).toBe('invalid_argument');
  });

  it('tells every change in order, and goes on behind a cursor', async () => {
    const events = bbs.tasks.WatchTasks({})[Symbol.asyncIterator]();
    await events.next();
    const made = await bbs.tasks.DesireTask(request());
    await bbs.tasks.CancelTask({ task_guid: made.task_guid });
    await bbs.tasks.ResolveTask({ task_guid: made.task_guid });
    await bbs.tasks.DeleteTask({ task_guid: made.task_guid });
    const kinds: string[] = [];
    const cursors: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const event = (await events.next()).value as TaskEvent__Output;
      kinds.push(event.changed?.after?.state ?? event.event ?? '');
      cursors.push(event.cursor);
    }
    expect(kinds).toEqual(['created', 'COMPLETED', 'RESOLVING', 'removed']);
    await events.return?.();
    const resumed = bbs.tasks.WatchTasks({ cursor: cursors[1] ?? '' })[Symbol.asyncIterator]();
    await resumed.next();
    expect(((await resumed.next()).value as TaskEvent__Output).changed?.after?.state).toBe('RESOLVING');
    await resumed.return?.();
  });

  it('shows auctioneers what waits, without env or action', async () => {
    const before = await bbs.tasks.DesireTask(request({ env: [{ name: 'SECRET', value: 'x' }], stack: 's' }));
    const stream = bbs.placement.WatchPending({})[Symbol.asyncIterator]();
    const kinds: string[] = [];
    let pending: unknown;
    for (;;) {
      const event = (await stream.next()).value;
      kinds.push(event.event);
      if (event.event === 'pending') pending = event.pending;
      if (event.event === 'synced') break;
    }
    expect(kinds).toEqual(['reset', 'pending', 'synced']);
    expect(pending).toMatchObject({ task_guid: before.task_guid, stack: 's', memory_mb: 64 });
    expect(JSON.stringify(pending)).not.toContain('SECRET');
    const { verdicts } = await bbs.placement.RejectTasks({
      items: [
        {
          task_guid: before.task_guid,
          uid: before.uid,
          reason: 'found no compatible cell for required rootfs',
          never_fits: true,
        },
      ],
    });
    expect(verdicts[0]?.code).toBe('');
    expect((await stream.next()).value).toMatchObject({ event: 'gone', gone: { task_guid: before.task_guid } });
    expect(await bbs.tasks.GetTask({ task_guid: before.task_guid })).toMatchObject({
      outcome: 'unplaced',
      failure_reason: 'found no compatible cell for required rootfs',
    });
    await stream.return?.();
  });

  it('retries a callback until it is acknowledged, under one webhook-id, and follows no redirect', async () => {
    receiver.script = [503, 500, 429, 302];
    const made = await bbs.tasks.DesireTask(request({ completion_callback_url: receiver.url }));
    await bbs.tasks.CancelTask({ task_guid: made.task_guid });
    await expect
      .poll(() => code(bbs.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map((r) => r.headers['webhook-id']))).toEqual(new Set([made.uid]));
    const { delivery } = await bbs.history.GetHistory({ task_guid: made.task_guid });
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 4, last_status: 302 });
  });

  it('keeps owing a callback after the live record has left, across a restart', async () => {
    const prefix = '/restart/';
    const policy = {
      tasks: { retentionMs: 300 },
      callbacks: { scheduleMs: [600, 600, 600, 600, 600, 600], timeoutMs: 300 },
    };
    const folder =
      kind === 'embedded' ? { store: { kind: 'embedded' as const, path: `/tmp/gavel-restart-${process.pid}` } } : {};
    const first = await start({ ...policy, ...folder }, prefix);
    const dead = await startReceiver();
    dead.script = Array.from({ length: 2 }, () => 503);
    const made = await first.tasks.DesireTask(request({ completion_callback_url: dead.url }));
    await first.tasks.CancelTask({ task_guid: made.task_guid });
    await expect
      .poll(() => code(first.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    await first.stop();
    const second = await start({ ...policy, ...folder }, prefix);
    stops.push(second.stop, dead.stop);
    await expect.poll(() => dead.received.length, { timeout: 20_000 }).toBe(3);
    await expect
      .poll(async () => (await second.history.GetHistory({ task_guid: made.task_guid })).delivery?.state, {
        timeout: 20_000,
      })
      .toBe('delivered');
    expect(await second.history.GetHistory({ task_guid: made.number })).toMatchObject({
      resolved_by: 'expired',
    });
  });

  it('fails a task that waited too long, and drops an unresolved one after its retention', async () => {
    const own = await start({ tasks: { retentionMs: 400 } }, '/deadline/');
    stops.push(own.stop);
    const made = await own.tasks.DesireTask(request({ placement_deadline: { seconds: 0, nanos: 300_000_000 } }));
    await expect
      .poll(
        async () => (await own.tasks.GetTask({ task_guid: made.task_guid, include_history: true })).failure_reason,
        { timeout: 20_000 },
      )
      .toBe('not started within time limit');
    await expect
      .poll(() => code(own.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    expect(await own.history.GetHistory({ task_guid: made.task_guid })).toMatchObject({
      resolved_by: 'expired',
      task: { outcome: 'unplaced' },
    });
  });

  it('loses what ran on a cell that is gone, after its grace, and lets a cell that came back adopt it', async () => {
    const own = await start({ cellLeaseMs: 30_000, tasks: { lostGraceMs: 4_000 } }, '/lost/');
    stops.push(own.stop);
    const first = bbs;
    bbs = own;
    try {
      const epoch = await register('cell-1');
      const [kept, lost] = [await own.tasks.DesireTask(request()), await own.tasks.DesireTask(request())];
      const attempts: string[] = [];
      for (const task of [kept, lost]) {
        const attempt = await claim(task, 'cell-1', epoch);
        attempts.push(attempt);
        expect(await startTask(task.task_guid, attempt, 'cell-1', epoch)).toBe('');
      }
      await own.cells.Leave({ cell_id: 'cell-1', epoch });
      const again = await register('cell-1', 'two');
      const { verdicts } = await own.cells.AdoptTasks({
        cell_id: 'cell-1',
        epoch: again,
        claims: [{ task_guid: kept.task_guid, attempt: attempts[0] ?? '' }],
      });
      expect(verdicts[0]?.code).toBe('');
      await expect
        .poll(async () => (await own.tasks.GetTask({ task_guid: lost.task_guid })).outcome, { timeout: 20_000 })
        .toBe('lost');
      expect(await own.tasks.GetTask({ task_guid: lost.task_guid })).toMatchObject({
        failure_reason: 'cell disappeared before completion',
        cell_id: 'cell-1',
      });
      expect(await own.tasks.GetTask({ task_guid: kept.task_guid })).toMatchObject({ state: 'RUNNING' });
      expect(await completeTask(lost.task_guid, attempts[1] ?? '', 'cell-1', again)).toBe('stale_attempt');
    } finally {
      bbs = first;
    }
  });

  it('takes a result of any bytes, and tells it as text that is whole', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', epoch);
    await startTask(made.task_guid, attempt, 'cell-1', epoch);
    const result = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from('<b>=1+1</b>'),
    ]);
    expect(await completeTask(made.task_guid, attempt, 'cell-1', epoch, { result })).toBe('');
    const told = (await bbs.tasks.GetTask({ task_guid: made.task_guid })).result;
    expect(told).toBe(result.toString('utf8'));
    // What is no text stands as U+FFFD: any JSON reader takes it.
    expect(told).toContain('\u{7f}\u{fffd}');
    expect(told).toMatch(/<b>=1\+1<\/b>$/);
  });

  it('holds one process per cell id', async () => {
    const epoch = await register('cell-1');
    expect(await register('cell-1')).toBe(epoch);
    expect(await code(bbs.cells.Register({ offer: offer('cell-1'), incarnation: 'other' }))).toBe('already_exists');
    const { cells } = await bbs.cluster.ListCells({});
    expect(cells).toMatchObject([{ offer: { cell_id: 'cell-1' }, epoch }]);
  });

  it('gives the place of a process that is known to be gone to the next one, under a new epoch, and the old one can begin nothing', async () => {
    const before = await register('cell-1', 'before');
    const made = await bbs.tasks.DesireTask(request());
    const attempt = await claim(made, 'cell-1', before);
    const take = async (incarnation: string, replaces: string) =>
      await bbs.cells.Register({ offer: offer('cell-1'), incarnation, replaces });
    expect(await code(take('other', 'somebody'))).toBe('already_exists');
    const { epoch } = await take('after', 'before');
    expect(Number(epoch)).toBeGreaterThan(Number(before));
    // It lived, after all. (Its claim goes back at the same time.)
    expect(await startTask(made.task_guid, attempt, 'cell-1', before)).toMatch(/^(stale_attempt|invalid_transition)$/);
    expect(await code(bbs.cells.Renew({ cell_id: 'cell-1', epoch: before }))).toBe('not_found');
    expect(await code(take('before', ''))).toBe('already_exists');
    // Repeats, and a request of before that comes late.
    expect((await take('after', 'before')).epoch).toBe(epoch);
    expect(await code(take('another', 'before'))).toBe('already_exists');
    await bbs.cells.Renew({ cell_id: 'cell-1', epoch });
    await expect
      .poll(async () => (await bbs.tasks.GetTask({ task_guid: made.task_guid })).state, { timeout: 20_000 })
      .toBe('PENDING');
  });

  it('says that a cell is away when its logs are asked for, and ends the stream of a task that never ran', async () => {
    const epoch = await register('cell-1');
    const made = await bbs.tasks.DesireTask(request());
    await claim(made, 'cell-1', epoch);
    const read = async () => {
      for await (const _ of bbs.tasks.FollowLogs({ task_guid: made.task_guid, follow: true })) await sleep(0);
    };
    expect(await code(read())).toBe('unavailable');
    const never = await bbs.tasks.DesireTask(request());
    await bbs.tasks.CancelTask({ task_guid: never.task_guid });
    const entries = [];
    for await (const entry of bbs.tasks.FollowLogs({ task_guid: never.task_guid, follow: true }))
      entries.push(entry.entry);
    expect(entries).toEqual(['end']);
  });
});
