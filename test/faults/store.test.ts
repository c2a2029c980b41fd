import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Scene, until } from './scene.ts';

/** Section 2.2: three members, two BBS, two auctioneers. */
describe('a store of three members', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ members: 3, cells: 2, auctioneers: 2 });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    await scene.mend();
    await scene.verdict();
  });

  const batch = async (count: number, script = 'sleep 1; exit 0') =>
    await Promise.all(
      Array.from({ length: count }, async () => await scene.submit(scene.request(script, { placement_tags: [] }))),
    );
  /** Every outcome that occurred. */
  const outcomes = async (tasks: readonly { readonly task_guid: string }[]) => {
    const ended = await Promise.all(tasks.map(async ({ task_guid: guid }) => (await scene.ended(guid)).outcome));
    return [...new Set(ended)];
  };

  it.each([0, 1, 2])('E01 E02: member %i dies under load, and comes back', async (at) => {
    const before = await batch(3);
    await scene.cluster.etcd.members[at]?.kill();
    const during = await batch(3);
    await scene.cluster.etcd.members[at]?.restart();
    expect(await outcomes([...before, ...during])).toEqual(['succeeded']);
  });

  it('E06: a member stands still', async () => {
    scene.cluster.etcd.members[1]?.pause();
    const tasks = await batch(4);
    expect(await outcomes(tasks)).toEqual(['succeeded']);
    scene.cluster.etcd.members[1]?.resume();
  });

  it.each([0, 1, 2])('E05: member %i is cut off from the others, and whoever asked it asks another', async (at) => {
    const { isolate, hosts } = scene.cluster.etcd;
    await isolate(at);
    await until(async () => !(await fetch(`${hosts[at]}/health`)).ok, 20_000, 'that it knows no leader');
    const tasks = await batch(4);
    expect(await outcomes(tasks)).toEqual(['succeeded']);
    // Each BBS by itself: one that followed the cut off member would show them waiting for ever.
    for (const { task_guid: guid } of tasks)
      for (const bbs of [0, 1]) await until(async () => (await scene.askFor(bbs, guid)) === 'COMPLETED', 15_000, guid);
    scene.cluster.etcd.heal();
    await until(async () => (await fetch(`${hosts[at]}/health`)).ok, 20_000, 'that it knows the leader');
  });

  it('E03: no majority for a while: what runs goes on, what ended is told after it', async () => {
    const [first] = await batch(1, 'sleep 3; exit 0');
    await scene.begun(first?.task_guid ?? '');
    const [, one, other] = scene.cluster.etcd.members;
    await Promise.all([one?.kill(), other?.kill()]);
    // Less than the fence of a cell, whom nobody may vouch for meanwhile.
    await sleep(2_500);
    await Promise.all([one?.restart(), other?.restart()]);
    expect(await outcomes([first ?? { task_guid: '' }])).toEqual(['succeeded']);
    expect(await outcomes(await batch(2))).toEqual(['succeeded']);
  });

  it('E10: compacted away under a BBS that stood still: it reads anew and serves', async () => {
    const [one, other] = [scene.bbs(0), scene.bbs(1)];
    other.pause();
    const tasks = await batch(4);
    await scene.compact();
    other.resume();
    await other.says(/view\.(reloaded|watch-broke)/, 30_000).catch(() => undefined);
    await one.kill();
    expect(await outcomes(tasks)).toEqual(['succeeded']);
    expect(await outcomes(await batch(2))).toEqual(['succeeded']);
  });

  it('D06: an auctioneer is paused in the middle, the other takes over, the first goes on', async () => {
    const [first, second] = scene.cluster.auctioneers;
    for (const paused of [first, second]) {
      const before = await batch(3);
      paused?.pause();
      const during = await batch(3);
      await sleep(2_000);
      paused?.resume();
      expect(await outcomes([...before, ...during])).toEqual(['succeeded']);
    }
  });

  it('D25: each BBS in turn is paused for longer than its leadership', async () => {
    for (const bbs of scene.cluster.bbs) {
      const before = await batch(2);
      bbs.pause();
      await sleep(7_000);
      const during = await batch(2);
      bbs.resume();
      expect(await outcomes([...before, ...during])).toEqual(['succeeded']);
    }
    await until(() => scene.cluster.bbs.every(({ running }) => running), 1_000, 'both BBS');
  });
});
