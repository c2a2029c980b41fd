import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callbacks } from '../../src/client/index.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

/** What a webhook is told of. Rules are read every 5 s. */
let bbs: TestBbs;
let hook: Receiver;
let receiver: Receiver;
beforeEach(async () => {
  hook = await startReceiver();
  receiver = await startReceiver();
  bbs = await startTestBbs({
    cellLeaseMs: 2_000,
    callbacks: { scheduleMs: [50], timeoutMs: 1_000, secret: SECRET },
    tasks: { retentionMs: 60_000 },
  });
});
afterEach(async () => {
  await bbs.stop();
  await hook.stop();
  await receiver.stop();
});

const SECRET = `whsec_${Buffer.alloc(24, 3).toString('base64')}`;

async function gavel(args: readonly string[], typed?: string) {
  const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address } });
  if (typed !== undefined) world.stdin.end(typed);
  const exit = await world.run(...args);
  return { exit, out: world.out.text, err: world.err.text };
}

interface Told {
  readonly alert: string;
  readonly on: string;
  readonly count: number;
  readonly things: readonly Record<string, unknown>[];
}

const told = (name: string) =>
  hook.received.map(({ body }) => JSON.parse(body) as Told).filter(({ alert }) => alert === name);
const LATER = { timeout: 25_000 };

describe('gavel alerts', () => {
  it('tell a webhook, signed, of what the rules say, together and not too often', async () => {
    const rules = [
      { name: 'x-fails', on: 'failed', select: "labels.team == 'x'", cooldown: '3s' },
      { name: 'waits', on: 'waiting', for: '1s', select: "domain == 'slow'" },
      { name: 'dead', on: 'callback_dead' },
      { name: 'cells', on: 'cell_lost', for: '1s' },
    ].map((rule) => ({ ...rule, url: hook.url }));
    expect(await gavel(['alerts', 'put', '-'], JSON.stringify(rules))).toMatchObject({ exit: 0 });
    expect((await gavel(['alerts', '-o', 'name'])).out).toBe('cells\ndead\nwaits\nx-fails\n');
    const offer = { cell_id: 'gone', capacity: { memory_mb: 1, disk_mb: 1, containers: 1 } };
    // Never renewed, its place runs out.
    await bbs.cells.Register({ offer, incarnation: 'one' });
    // A rule is in force once it was read.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    receiver.script = [503, 503];
    const end = async (over: Parameters<typeof request>[0]) => {
      const { task_guid } = await bbs.tasks.DesireTask(request(over));
      await bbs.tasks.CancelTask({ task_guid });
      return task_guid;
    };
    const first = await end({ labels: { team: 'x' } });
    await end({ labels: { team: 'y' } });
    const owed = await end({ completion_callback_url: receiver.url });
    const { task_guid: slow } = await bbs.tasks.DesireTask(request({ domain: 'slow' }));
    await expect
      .poll(() => told('x-fails'), LATER)
      .toMatchObject([{ on: 'failed', count: 1, things: [{ task_guid: first }] }]);
    // While it cools down things gather, and are told together.
    for (let at = 0; at < 25; at += 1) await end({ labels: { team: 'x' } });
    await expect.poll(() => told('x-fails').at(1)?.count, LATER).toBe(25);
    expect(told('x-fails').at(1)?.things).toHaveLength(20);
    await expect
      .poll(() => told('dead'), LATER)
      .toMatchObject([{ things: [{ task_guid: owed, attempts: 2, last_status: 503 }] }]);
    await expect.poll(() => told('waits'), LATER).toMatchObject([{ things: [{ task_guid: slow, state: 'PENDING' }] }]);
    await expect.poll(() => told('cells'), LATER).toMatchObject([{ things: [{ cell_id: 'gone', tasks: 0 }] }]);
    // What lasts is told once.
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect([told('waits').length, told('cells').length]).toEqual([1, 1]);
    const { headers, body } = hook.received[0] ?? { headers: {}, body: '' };
    expect(headers['webhook-id']).toMatch(/^alert-/);
    expect(() => callbacks.verify(body, headers, SECRET)).not.toThrow('no signature is right');
    expect((await gavel(['alerts', 'ls'])).out).toMatch(/^x-fails {2}failed .* 25 {2}200$/m);
  });

  it('are tried out, replaced and removed, and every fault of a rule is told', async () => {
    const rule = JSON.stringify({ name: 'a', on: 'failed', url: hook.url });
    expect((await gavel(['alerts', 'put', '-'], rule)).out).toBe("Alert 'a' is kept\n");
    const test = await gavel(['alerts', 'test', 'a']);
    expect(test).toMatchObject({ exit: 0, out: expect.stringMatching(/^Answer {8}200$/m) });
    expect(told('a')).toMatchObject([{ count: 0, things: [] }]);
    expect(await gavel(['alerts', 'test', 'b'])).toMatchObject({ exit: 3 });
    const bad = await gavel(['alerts', 'put', '-'], 'name: a\nonn: failed\nurl: x\nfor: soon\n');
    expect(bad.exit).toBe(2);
    expect(bad.err).toContain('onn: there is no such field; did you mean on?');
    expect(bad.err).toContain('for: soon is no time span');
    const worse = await gavel(
      ['alerts', 'put', '-'],
      'name: "a b"\non: failed\nurl: ftp://x\nselect: nope == 1\ncooldown: 0s\n',
    );
    for (const fault of [
      'name: must be 1 to 64',
      'url: must begin with http',
      'select: there is no field nope',
      'cooldown: must be 1s',
    ])
      expect(worse.err).toContain(fault);
    expect((await gavel(['alerts', 'rm', 'a'])).exit).toBe(2);
    expect((await gavel(['alerts', 'rm', 'a', '-y'])).out).toBe("Alert 'a' is removed\n");
    expect((await gavel(['alerts', 'rm', 'a', '-y'])).exit).toBe(3);
  });
});
