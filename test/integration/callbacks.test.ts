import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callbacks as receiving } from '../../src/client/index.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { code } from '../support/code.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { validator } from '../support/openapi.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { rest } from '../support/rest.ts';

/** Longer than a test. */
const LATER_MS = 600_000;

describe.each(['embedded', 'etcd'] as const)('callbacks and their operator, on the %s store', (kind) => {
  let etcd: TestEtcd | undefined;
  let bbs: TestBbs;
  let receiver: Receiver;
  let run = 0;

  beforeAll(async () => {
    if (kind === 'etcd') etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());
  beforeEach(async () => {
    run += 1;
    receiver = await startReceiver();
  });
  afterEach(async () => {
    await bbs.stop();
    await receiver.stop();
  });

  async function start(scheduleMs: number[], retentionMs = 120_000, secret = ''): Promise<void> {
    bbs = await startTestBbs({
      ...(etcd === undefined ? {} : { store: { kind: 'etcd', hosts: [...etcd.hosts], prefix: `/callbacks-${run}/` } }),
      http: { listen: '127.0.0.1:0' },
      tasks: { retentionMs },
      callbacks: { scheduleMs, timeoutMs: 1_000, secret },
    });
  }

  async function finish(over: Parameters<typeof request>[0] = {}) {
    const made = await bbs.tasks.DesireTask(request({ completion_callback_url: receiver.url, ...over }));
    await bbs.tasks.CancelTask({ task_guid: made.task_guid });
    return made;
  }

  const callback = async (task_guid: string) => await bbs.callbacks.GetCallback({ task_guid });
  const stateOf = async (task_guid: string) => (await callback(task_guid)).state;
  const becomes = async (task_guid: string, state: string) =>
    await expect.poll(async () => await stateOf(task_guid), { timeout: 20_000 }).toBe(state);
  const gone = async (task_guid: string) =>
    await expect.poll(() => code(bbs.tasks.GetTask({ task_guid })), { timeout: 20_000 }).toBe('not_found');
  const guids = async (state = '') =>
    (await bbs.callbacks.ListCallbacks({ state })).callbacks.map(({ task_guid }) => task_guid);

  it('sends a dead letter again by hand, under the same webhook-id, and by the whole schedule', async () => {
    await start([50], 500);
    receiver.script = [503, 500];
    const { task_guid, uid } = await finish();
    await becomes(task_guid, 'dead');
    // Given up while the task is live, and still known when it has left.
    await gone(task_guid);
    expect(await guids('dead')).toEqual([task_guid]);
    expect(await guids('pending')).toEqual([]);
    const { tries, ...dead } = await callback(task_guid);
    expect(dead).toMatchObject({ state: 'dead', attempts: 2, last_status: 500, webhook_id: uid, url: receiver.url });
    expect(tries.map(({ status }) => status)).toEqual([503, 500]);
    expect((await bbs.history.GetHistory({ task_guid })).delivery).toMatchObject({ state: 'dead', attempts: 2 });

    receiver.script = [502];
    await bbs.callbacks.ResendCallback({ task_guid });
    await becomes(task_guid, 'delivered');
    expect(await guids()).toEqual([]);
    const sent = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(sent).toEqual([uid, uid, uid, uid]);
    expect((await bbs.history.GetHistory({ task_guid })).delivery).toMatchObject({ state: 'delivered', attempts: 4 });

    // What was delivered can be sent once more, too: the receiver may have lost it.
    receiver.script = [500, 500];
    await bbs.callbacks.ResendCallback({ task_guid });
    await becomes(task_guid, 'dead');
    expect(await callback(task_guid)).toMatchObject({ attempts: 6 });
    expect(await guids()).toEqual([task_guid]);
  });

  it('tries at once what waits for its next try, live or not, and lists it in pages', async () => {
    await start([LATER_MS], 300);
    receiver.script = Array.from({ length: 3 }, () => 503);
    const made = [await finish(), await finish(), await finish()];
    const all = made.map(({ task_guid }) => task_guid);
    for (const guid of all) await expect.poll(async () => (await callback(guid)).attempts, { timeout: 20_000 }).toBe(1);
    const first = await bbs.callbacks.ListCallbacks({ page_size: 2 });
    expect(first.callbacks.map(({ task_guid }) => task_guid)).toEqual(all.slice(0, 2));
    expect(Number(first.callbacks[0]?.next_attempt_at)).toBeGreaterThan(Date.now() * 1e6);
    const last = await bbs.callbacks.ListCallbacks({ page_size: 2, page_token: first.next_page_token });
    expect(last.callbacks.map(({ task_guid }) => task_guid)).toEqual(all.slice(2));
    expect(last.next_page_token).toBe('');
    const [now = '', later = ''] = all;
    await bbs.callbacks.ResendCallback({ task_guid: now });
    await becomes(now, 'delivered');
    await gone(later);
    await bbs.callbacks.ResendCallback({ task_guid: later });
    await becomes(later, 'delivered');
    expect(receiver.received).toHaveLength(5);
  });

  it('refuses what has nothing to send, and can send what a client took', async () => {
    await start([LATER_MS]);
    const live = await bbs.tasks.DesireTask(request({ completion_callback_url: receiver.url }));
    expect(await code(bbs.callbacks.ResendCallback({ task_guid: live.task_guid }))).toBe('invalid_transition');
    expect(await code(bbs.callbacks.GetCallback({ task_guid: 'nobody' }))).toBe('not_found');
    expect(await code(bbs.callbacks.ListCallbacks({ state: 'gone' }))).toBe('invalid_argument');
    expect(await code(bbs.callbacks.ListCallbacks({ page_token: 'x' }))).toBe('invalid_argument');
    const silent = await finish({ completion_callback_url: '' });
    expect(await code(bbs.callbacks.ResendCallback({ task_guid: silent.task_guid }))).toBe('invalid_transition');

    receiver.script = [503];
    const { task_guid, number } = await finish();
    await expect.poll(async () => (await callback(task_guid)).attempts, { timeout: 20_000 }).toBe(1);
    await expect.poll(() => code(bbs.tasks.ResolveTask({ task_guid })), { timeout: 20_000 }).toBe('ok');
    await bbs.tasks.DeleteTask({ task_guid });
    expect(await stateOf(number)).toBe('taken');
    await bbs.callbacks.ResendCallback({ task_guid: number });
    await becomes(task_guid, 'delivered');
    expect(receiver.received).toHaveLength(2);
  });

  it('signs with the new secret and the one before it while they are exchanged (H12)', async () => {
    const old = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    await start([50], 120_000, old);
    const opened = (secret: string | readonly string[]) => {
      const { headers, body } = receiver.received.at(-1) ?? { headers: {}, body: '' };
      try {
        return receiving.verify(body, headers, secret).task_guid;
      } catch {
        return 'refused';
      }
    };
    const delivered = async () => {
      const { task_guid } = await finish();
      await gone(task_guid);
      return task_guid;
    };
    const first = await delivered();
    expect(opened(old)).toBe(first);
    const one = await bbs.callbacks.RotateCallbackSecret({ overlap: { seconds: 3_600 } });
    expect(one).toMatchObject({ secret: expect.stringMatching(/^whsec_\S{44}$/), stored_in_clear: true });
    expect(Number(one.former_until)).toBeGreaterThan(Date.now() * 1e6);
    const second = await delivered();
    expect([opened(old), opened(one.secret), opened([one.secret, old])]).toEqual([second, second, second]);
    expect(String(receiver.received.at(-1)?.headers['webhook-signature']).split(' ')).toHaveLength(2);
    const known = (await bbs.callbacks.ListCallbackSecrets({})).secrets;
    expect(known.map(({ by, until }) => [by, until === '0'])).toEqual([
      ['local', true],
      ['settings', false],
    ]);
    expect(JSON.stringify(known)).not.toContain(one.secret);
    // Without an overlap what signed before signs no more.
    const two = await bbs.callbacks.RotateCallbackSecret({ overlap: { seconds: 0 } });
    const third = await delivered();
    expect([opened(old), opened(one.secret), opened(two.secret)]).toEqual(['refused', 'refused', third]);
    expect(await code(bbs.callbacks.RotateCallbackSecret({ overlap: { seconds: 31 * 86_400 } }))).toBe(
      'invalid_argument',
    );
  });

  it('rehearses a callback under the guards that callbacks have', async () => {
    await start([50]);
    const gavel = async (args: readonly string[], tty = false, typed = '') => {
      const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address }, tty });
      if (tty) world.stdin.end(typed);
      const exit = await world.run(...args);
      return { exit, out: world.out.text, err: world.err.text };
    };
    const plain = await gavel(['callbacks', 'test', receiver.url, '--outcome', 'timed_out']);
    expect(plain).toMatchObject({ exit: 0 });
    expect(plain.out).toMatch(/^Answer {8}200\nTook {10}\d+\.\d ms\nAcknowledged {2}yes\n\nSent \(\d+ bytes\)\n/);
    expect(plain.err).toContain('it was not signed');
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ outcome: 'timed_out', failed: true });
    const rotated = await gavel(['callbacks', 'secrets', 'rotate', '-q']);
    expect(rotated.exit).toBe(0);
    await gavel(['callbacks', 'test', receiver.url]);
    const { headers, body } = receiver.received[1] ?? { headers: {}, body: '' };
    expect(receiving.verify(body, headers, rotated.out.trim())).toMatchObject({
      outcome: 'succeeded',
      result: 'hello',
    });
    receiver.script = [503, 302];
    expect(await gavel(['callbacks', 'test', receiver.url])).toMatchObject({
      exit: 5,
      out: expect.stringContaining('no: a callback would be tried again'),
    });
    // A redirect acknowledges as in Diego, and is not followed.
    expect((await gavel(['callbacks', 'test', receiver.url])).out).toMatch(/location +http:\/\/169\.254\.169\.254\//);
    const denied = await gavel(['callbacks', 'test', 'http://169.254.169.254/']);
    expect(denied).toMatchObject({ exit: 5, out: expect.stringContaining('on the deny list') });
    expect(await gavel(['callbacks', 'test', 'ftp://x'])).toMatchObject({ exit: 2, out: '' });
    expect(receiver.received).toHaveLength(4);
    // The next exchange is asked for, and can be declined.
    const declined = await gavel(['callbacks', 'secrets', 'rotate'], true, 'n\n');
    expect(declined.err).toMatch(/about to replace the following secrets:\n {2}- \w{12} \(local\)/);
    expect((await gavel(['callbacks', 'secrets', '-o', 'name'])).out.trim().split('\n')).toHaveLength(1);
  });

  it('is the same by REST and on the command line', async () => {
    await start([50], 200);
    receiver.script = [500, 500];
    const { task_guid, number, uid } = await finish();
    await becomes(task_guid, 'dead');
    await gone(task_guid);
    const call = async (method: string, path: string) => await rest(`http://${bbs.bbs.httpAddress}`, method, path);
    const list = await call('GET', '/v1/callbacks?state=dead');
    expect(list.json).toMatchObject({ callbacks: [{ task_guid, webhook_id: uid, state: 'dead', attempts: 2 }] });
    const one = await call('GET', `/v1/callbacks/${number}`);
    for (const [name, { text }] of [
      ['CallbackList', list],
      ['Callback', one],
    ] as const)
      expect(validator(name)(JSON.parse(text))).toEqual([]);

    const gavel = async (...args: string[]) => {
      const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address } });
      const exit = await world.run(...args);
      return { exit, out: world.out.text, err: world.err.text };
    };
    const listed = await gavel('callbacks');
    expect(listed.out).toContain('1 of them given up');
    expect((await gavel('callbacks', 'ls', '--state', 'dead', '-o', 'name')).out.trim()).toBe(task_guid);
    expect((await gavel('callbacks', 'show', number)).out).toMatch(/dead, 2 tries[^]*webhook-id: [^]*500/);
    const again = await gavel('callbacks', 'redeliver', number);
    expect(again).toMatchObject({ exit: 0 });
    expect(again.out).toContain(receiver.url);
    await becomes(task_guid, 'delivered');
    expect((await call('POST', `/v1/callbacks/${number}/resend`)).json).toMatchObject({ state: 'pending' });
    await becomes(task_guid, 'delivered');
    expect(receiver.received).toHaveLength(4);
    expect(await gavel('callbacks', 'redeliver', 'nobody')).toMatchObject({ exit: 3 });
    expect(await gavel('callbacks', '--state', 'x')).toMatchObject({ exit: 2 });
  });
});
