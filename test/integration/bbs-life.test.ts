import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { request } from '../support/bbs.ts';
import { code } from '../support/code.ts';
import { onEachBbs } from '../support/each-bbs.ts';
import { startReceiver } from '../support/receiver.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';

onEachBbs("a task's life", (on) => {
  it('carries a task from PENDING to its callback and into history, digit for digit', async () => {
    const receiver = await startReceiver();
    on.afterwards(receiver.stop);
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(
      request({ completion_callback_url: receiver.url, annotation: 'ünïcode', env: [{ name: 'A', value: 'b' }] }),
    );
    expect(made).toMatchObject({ state: 'PENDING', waiting_for: 'the next auction', failed: false });
    expect(made.created_at).toMatch(/^\d{19}$/);
    const attempt = await cell.claim(made);
    const { tasks } = await on.bbs.cells.FetchTasks({
      ...cell.own,
      claims: [{ task_guid: made.task_guid, attempt }],
    });
    expect(tasks[0]?.task).toMatchObject({
      state: 'CLAIMED',
      cell_id: 'cell-1',
      attempt,
      action: { run: { path: '/bin/true' } },
    });
    expect(await cell.start(made.task_guid, attempt)).toBe('');
    expect(await on.bbs.tasks.GetTask({ task_guid: made.task_guid })).toMatchObject({
      state: 'RUNNING',
      image_digest: 'sha256:1',
    });
    expect(await cell.complete(made.task_guid, attempt)).toBe('');

    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
    await expect
      .poll(() => code(on.bbs.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    const body = receiver.received[0]?.body ?? '';
    const { task, resolved_by, delivery } = await on.bbs.history.GetHistory({ task_guid: made.task_guid });
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
    const cell = await ScriptedCell.register(on.bbs, 'cell-fetch');
    const plain = await on.bbs.tasks.DesireTask(request({ env: [{ name: 'A', value: 'ü' }] }));
    const login = { root_fs: 'docker://private/image', image_username: 'me', image_password: 'hunter2' };
    const secret = await on.bbs.tasks.DesireTask(request(login));
    const claims = [];
    for (const made of [plain, secret]) claims.push({ task_guid: made.task_guid, attempt: await cell.claim(made) });
    const stale = { task_guid: plain.task_guid, attempt: 'another' };
    const asked = [...claims, stale, { task_guid: 'nowhere', attempt: 'a' }];
    const { tasks } = await on.bbs.cells.FetchTasks({ ...cell.own, claims: asked });
    const told = await on.bbs.tasks.GetTask({ task_guid: plain.task_guid });
    expect(tasks.map(({ task, verdict }) => [task?.task_guid, task?.image_password, verdict?.code])).toEqual([
      [plain.task_guid, '', ''],
      [secret.task_guid, 'hunter2', ''],
      [undefined, undefined, 'stale_attempt'],
      [undefined, undefined, 'not_found'],
    ]);
    expect(tasks[0]?.task).toEqual(told);
    expect((await on.bbs.tasks.GetTask({ task_guid: secret.task_guid })).image_password).toBe('***');
    for (const { task_guid } of claims) await on.bbs.tasks.CancelTask({ task_guid });
  });

  it('tells a cell at once what is claimed for it, as it would be fetched, and no other cell', async () => {
    const [cell, other] = [
      await ScriptedCell.register(on.bbs, 'cell-told'),
      await ScriptedCell.register(on.bbs, 'cell-other'),
    ];
    const stop = new AbortController();
    on.afterwards(async () => stop.abort());
    const [orders, others] = [cell, other].map((each) =>
      on.bbs.cells.Control(each.own, { signal: stop.signal })[Symbol.asyncIterator](),
    );
    await Promise.all([orders?.next(), others?.next()]);
    const login = { root_fs: 'docker://private/image', image_username: 'me', image_password: 'hunter2' };
    const large = { env: [{ name: 'A', value: 'x'.repeat(400_000) }] };
    const { results } = await on.bbs.tasks.DesireTasks({
      tasks: [request(login), request(large), request(large), request(large)],
    });
    const items = results.map(({ task }) => ({ task_guid: task?.task_guid ?? '', uid: task?.uid ?? '', ...cell.own }));
    const { verdicts } = await on.bbs.placement.ClaimTasks({ items });
    const claims = items.map(({ task_guid }, at) => ({ task_guid, attempt: verdicts[at]?.attempt ?? '' }));
    // What is large comes in several messages.
    const [first, second] = [(await orders?.next())?.value, (await orders?.next())?.value];
    expect([first?.placed?.tasks.length, second?.placed?.tasks.length]).toEqual([3, 1]);
    const told = [...(first?.placed?.tasks ?? []), ...(second?.placed?.tasks ?? [])];
    const byGuid = new Map(told.map((task) => [task.task_guid, task]));
    const { tasks } = await on.bbs.cells.FetchTasks({ ...cell.own, claims });
    expect(claims.map(({ task_guid }) => byGuid.get(task_guid))).toEqual(tasks.map(({ task }) => task));
    expect(byGuid.get(claims[0]?.task_guid ?? '')?.image_password).toBe('hunter2');
    // The next one hears of its own alone.
    const made = await on.bbs.tasks.DesireTask(request());
    await other.claim(made);
    expect((await others?.next())?.value?.placed?.tasks).toMatchObject([{ task_guid: made.task_guid }]);
    for (const { task_guid } of [...claims, made]) await on.bbs.tasks.CancelTask({ task_guid });
  });

  it('cancels in every state, once, and the late completion changes nothing', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await cell.claim(made);
    await cell.start(made.task_guid, attempt);
    const orders = on.bbs.cells.Control(cell.own)[Symbol.asyncIterator]();
    await orders.next();
    expect(await on.bbs.tasks.CancelTask({ task_guid: made.task_guid, reason: '' })).toMatchObject({
      state: 'COMPLETED',
      failed: true,
      failure_reason: 'task was cancelled',
      outcome: 'cancelled',
    });
    expect((await orders.next()).value).toMatchObject({ stop: { claim: { task_guid: made.task_guid, attempt } } });
    expect(await cell.complete(made.task_guid, attempt)).toBe('stale_attempt');
    expect(await on.bbs.tasks.CancelTask({ task_guid: made.task_guid })).toMatchObject({
      outcome: 'cancelled',
      result: '',
    });
    await orders.return?.();
  });

  it('lets one of twenty resolvers win', async () => {
    const made = await on.bbs.tasks.DesireTask(request());
    await on.bbs.tasks.CancelTask({ task_guid: made.task_guid });
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => code(on.bbs.tasks.ResolveTask({ task_guid: made.task_guid }))),
    );
    expect(codes.filter((c) => c === 'ok')).toHaveLength(1);
    expect(await code(on.bbs.tasks.DeleteTask({ task_guid: made.task_guid }))).toBe('ok');
    expect(await code(on.bbs.tasks.DeleteTask({ task_guid: made.task_guid }))).toBe('not_found');
  });

  it('refuses illegal moves with the words clients match', async () => {
    const made = await on.bbs.tasks.DesireTask(request());
    await expect(on.bbs.tasks.ResolveTask({ task_guid: made.task_guid })).rejects.toMatchObject({
      code: 'invalid_transition',
      message: 'cannot transition from PENDING to RESOLVING',
    });
    await expect(on.bbs.tasks.DeleteTask({ task_guid: made.task_guid })).rejects.toMatchObject({
      message: 'cannot transition from PENDING to RESOLVING',
    });
    expect(await code(on.bbs.tasks.GetTask({ task_guid: 'nobody' }))).toBe('not_found');
  });

  it('fails a task that waited too long, and drops an unresolved one after its retention', async () => {
    const own = await on.start({ tasks: { retentionMs: 400 } }, '/deadline/');
    on.afterwards(own.stop);
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

  it('takes a result of any bytes, and tells it as text that is whole', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await cell.claim(made);
    await cell.start(made.task_guid, attempt);
    const result = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
      Buffer.from('<b>=1+1</b>'),
    ]);
    expect(await cell.complete(made.task_guid, attempt, { result })).toBe('');
    const told = (await on.bbs.tasks.GetTask({ task_guid: made.task_guid })).result;
    expect(told).toBe(result.toString('utf8'));
    // What is no text stands as U+FFFD: any JSON reader takes it.
    expect(told).toContain('\u{7f}\u{fffd}');
    expect(told).toMatch(/<b>=1\+1<\/b>$/);
  });

  it('retries a callback until it is acknowledged, under one webhook-id, and follows no redirect', async () => {
    const receiver = await startReceiver();
    on.afterwards(receiver.stop);
    receiver.script = [503, 500, 429, 302];
    const made = await on.bbs.tasks.DesireTask(request({ completion_callback_url: receiver.url }));
    await on.bbs.tasks.CancelTask({ task_guid: made.task_guid });
    await expect
      .poll(() => code(on.bbs.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map((r) => r.headers['webhook-id']))).toEqual(new Set([made.uid]));
    const { delivery } = await on.bbs.history.GetHistory({ task_guid: made.task_guid });
    expect(delivery).toMatchObject({ state: 'delivered', attempts: 4, last_status: 302 });
  });

  it('keeps owing a callback after the live record has left, across a restart', async () => {
    const prefix = '/restart/';
    const policy = {
      tasks: { retentionMs: 300 },
      callbacks: { scheduleMs: [600, 600, 600, 600, 600, 600], timeoutMs: 300 },
    };
    const path = mkdtempSync(join(tmpdir(), 'gavel-owed-'));
    on.afterwards(async () => await rm(path, { recursive: true }));
    const folder = on.kind === 'embedded' ? { store: { kind: 'embedded' as const, path } } : {};
    const first = await on.start({ ...policy, ...folder }, prefix);
    const dead = await startReceiver();
    dead.script = Array.from({ length: 2 }, () => 503);
    const made = await first.tasks.DesireTask(request({ completion_callback_url: dead.url }));
    await first.tasks.CancelTask({ task_guid: made.task_guid });
    await expect
      .poll(() => code(first.tasks.GetTask({ task_guid: made.task_guid })), { timeout: 20_000 })
      .toBe('not_found');
    await first.stop();
    const second = await on.start({ ...policy, ...folder }, prefix);
    on.afterwards(second.stop, dead.stop);
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
});
