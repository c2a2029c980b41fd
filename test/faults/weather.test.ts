import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';

/** Section 2.2 and 2.3: nothing is broken for good, and nothing holds still. */
describe('a store and lines in bad weather', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ members: 3, cells: 2, proxyCells: true, lostGraceMs: 60_000 });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    await scene.mend();
    await scene.verdict();
  });

  const batch = async (count: number, script = 'sleep 2; exit 0') =>
    await Promise.all(Array.from({ length: count }, async () => await scene.submit(scene.request(script))));
  const ended = async (tasks: readonly { readonly task_guid: string }[]) =>
    new Set(await Promise.all(tasks.map(async ({ task_guid: guid }) => (await scene.ended(guid, 120_000)).outcome)));
  const placesLost = () => scene.cluster.cells.map(({ output }) => output.split('cell.place-lost').length - 1);

  const ask = async (host: string, path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`${host}/v3/maintenance/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return await answer.json();
  };
  /** The members' ids, and at which place in the list the leader is. */
  const leadership = async () => {
    const { hosts } = scene.cluster.etcd;
    const told = await Promise.all(hosts.map(async (host) => await ask(host, 'status', {})));
    const states = told as { header: { member_id: string }; leader: string }[];
    const ids = states.map(({ header }) => header.member_id);
    return { ids, leader: ids.indexOf(states[0]?.leader ?? '') };
  };

  it('E04: all members die at once under load, and come back: nothing is lost, nobody loses its place for it', async () => {
    const before = await batch(3, 'sleep 6; exit 0');
    for (const { task_guid: guid } of before) await scene.begun(guid);
    const { members } = scene.cluster.etcd;
    await Promise.all(members.map(async (member) => await member.kill()));
    const during = batch(3);
    await sleep(1_500);
    await Promise.all(members.map(async (member) => await member.restart()));
    expect(await ended([...before, ...(await during)])).toEqual(new Set(['succeeded']));
  });

  it('E22: another member leads every two seconds: no cell loses its place, and all work goes on', async () => {
    const lost = placesLost();
    const running = await batch(2, 'sleep 15; exit 0');
    for (let moves = 0; moves < 7; moves += 1) {
      const { ids, leader } = await leadership();
      const targetID = ids[(leader + 1) % ids.length];
      await ask(scene.cluster.etcd.hosts[leader] ?? '', 'transfer-leadership', { targetID });
      running.push(...(await batch(1)));
      await sleep(2_000);
    }
    expect(await ended(running)).toEqual(new Set(['succeeded']));
    expect(placesLost()).toEqual(lost);
  });

  it.each(['the leader', 'a follower'])(
    'E07: the disk of %s takes half a second longer for each write',
    async (who) => {
      const lost = placesLost();
      const { leader } = await leadership();
      const at = who === 'the leader' ? leader : (leader + 1) % 3;
      const slow = ['-f', '-qq', '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:delay_exit=500000'];
      const tracer = spawn('strace', [...slow, '-p', String(scene.cluster.etcd.members[at]?.pid)], { stdio: 'ignore' });
      try {
        await sleep(1_000);
        expect(tracer.exitCode).toBeNull();
        expect(await ended(await batch(4))).toEqual(new Set(['succeeded']));
      } finally {
        tracer.kill('SIGINT');
        await new Promise((done) => tracer.once('exit', done));
      }
      expect(placesLost()).toEqual(lost);
    },
  );

  it('C05: the line of a cell comes and goes by the second: each task starts once, and all come to their end', async () => {
    const proxies = scene.cluster.cellProxies[0] ?? [];
    const tasks = [...(await batch(3, 'sleep 12; exit 0'))];
    for (const { task_guid: guid } of tasks) await scene.begun(guid);
    for (let turn = 0; turn < 10; turn += 1) {
      for (const proxy of proxies) proxy.mode = 'stall';
      await sleep(1_000);
      for (const proxy of proxies) {
        proxy.mode = 'pass';
        proxy.cutAll();
      }
      const [more] = await batch(1);
      if (more !== undefined) tasks.push(more);
      await sleep(1_000);
    }
    expect(await ended(tasks)).toEqual(new Set(['succeeded']));
    expect(tasks.map(({ task_guid: guid }) => scene.ledger.count(guid))).toEqual(tasks.map(() => 1));
  });
});
