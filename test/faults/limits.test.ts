import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Channel } from '../../src/rpc/client.ts';
import { TIMES } from '../support/processes.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { Scene, until } from './scene.ts';

/** Whether a server on this host still holds its end of the connection from that port. */
function isConnected(server: number, client: number): boolean {
  const end = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(
      ([, local, remote, state]) =>
        local?.endsWith(end(server)) === true && remote?.endsWith(end(client)) === true && state === ESTABLISHED,
    );
}
const ESTABLISHED = '01';

/** D26, D27: a process that has a fault of its own, or is at the end of what it may have. */
describe('a process at its limits', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ cells: 2, lostGraceMs: 60_000 });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    await scene.mend();
    await scene.verdict();
  });

  it.each(['StartTasks', 'CompleteTasks'])(
    'D26: a cell with a fault at %s ends, and what it ran is taken up by the next',
    async (call) => {
      scene.cell.arm(`${call}:after=throw`);
      const { task_guid: guid } = await scene.submit(scene.request('sleep 3; exit 6'));
      await scene.cell.died();
      expect(scene.cell.output).toContain('thrown by the test');
      scene.cell.arm('');
      await scene.cell.start();
      // Between the grant of a start and the start itself it may never have run.
      const { outcome, exit_code } = await scene.ended(guid);
      if (outcome !== 'infra_failed') expect([outcome, exit_code]).toEqual(['failed', 6]);
      expect(scene.ledger.count(guid)).toBeLessThanOrEqual(1);
    },
  );

  it('D26: a BBS with a fault ends, and the other one carries it through', async () => {
    const [one, other] = [scene.bbs(0), scene.bbs(1)];
    for (const bbs of [one, other]) bbs.arm('store.claim:after=throw');
    const { task_guid: guid } = await scene.submit(scene.request('exit 0'));
    await until(() => !one.running || !other.running, 20_000, 'the end of a BBS');
    for (const bbs of [one, other]) bbs.arm('');
    expect((await scene.ended(guid)).outcome).toBe('succeeded');
  });

  it('D27: a BBS without a file descriptor left keeps the cells that it has, and takes connections again', async () => {
    const bbs = scene.bbs(0);
    const { pid } = bbs;
    const { task_guid: guid } = await scene.submit(scene.request('sleep 5; exit 4'));
    await scene.begun(guid);
    const limit = readdirSync(`/proc/${pid}/fd`).length + 8;
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
    const sockets: Socket[] = [];
    for (let at = 0; at < 60; at += 1) {
      const socket = connect(scene.cluster.bbsPorts[0] ?? 0, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
    }
    await sleep(2 * TIMES.cellLeaseMs);
    expect(bbs.pid).toBe(pid);
    expect(bbs.running).toBe(true);
    for (const socket of sockets) socket.destroy();
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 4 });
    expect(scene.cluster.cells.filter(({ output }) => output.includes('cell.fenced'))).toEqual([]);
    // On its own, still with that limit.
    await until(async () => (await scene.askFor(0, guid)) !== 'unavailable', 20_000, 'an answer of that BBS');
    const { task_guid: next } = await scene.submit(scene.request('exit 0'));
    expect((await scene.ended(next)).outcome).toBe('succeeded');
  });

  it('G07: a reader that is gone without a word: its connection is closed within a minute', async () => {
    const own = scene.cluster.bbsPorts[0] ?? 0;
    const line = await TcpProxy.start(own);
    const channel = new Channel({ addresses: [line.host.replace('http://', '')] });
    const leaving = new AbortController();
    try {
      const events = channel.client('TaskService').WatchTasks({}, { signal: leaving.signal })[Symbol.asyncIterator]();
      await events.next();
      const [port = 0] = line.ports;
      expect(isConnected(own, port)).toBe(true);
      line.mode = 'stall';
      await until(() => !isConnected(own, port), 60_000, 'the end of its connection');
    } finally {
      leaving.abort();
      channel.close();
      await line.stop();
    }
  });

  it('H09: acknowledged, and then the task cannot be removed for a while: the receiver is not asked again', async () => {
    // Neither of the two leads for certain.
    for (const bbs of scene.cluster.bbs) bbs.arm('store.remove:before=drop@1');
    const asked = scene.request('exit 0', { completion_callback_url: scene.receiver.url });
    const { task_guid: guid, uid } = await scene.submit(asked);
    const posts = () => scene.receiver.received.filter(({ headers }) => String(headers['webhook-id']) === uid).length;
    await until(() => scene.cluster.bbs.some(({ fired }) => fired.length > 0), 60_000, 'the removal that fails');
    for (const bbs of scene.cluster.bbs) bbs.arm('');
    await until(async () => (await scene.askFor(0, guid)) === 'not_found', 60_000, 'its removal');
    expect(posts()).toBe(1);
  });
});
