import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/deadlines.ts';
import { TIMES } from '../support/processes.ts';
import { Scene } from './scene.ts';

/** E03 and D17 at their full length: twenty leases long nobody can vouch for any cell. */
const OUTAGE_MS = 20 * TIMES.cellLeaseMs;

describe('an outage of a minute', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ members: 3, cells: 2, lostGraceMs: DEFAULT_POLICY.lostGraceMs });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    await scene.mend();
    await scene.verdict();
  });

  const outages = {
    'E03: of the majority of the store': async () => {
      const [, one, other] = scene.cluster.etcd.members;
      await Promise.all([one?.kill(), other?.kill()]);
      return async () => {
        await Promise.all([one?.restart(), other?.restart()]);
      };
    },
    'D17: of every BBS': async () => {
      for (const bbs of scene.cluster.bbs) await bbs.kill();
      return async () => {
        for (const bbs of scene.cluster.bbs) await bbs.start();
      };
    },
  };

  it.each(Object.entries(outages))('%s: what runs goes on, and each end is told as it was', async (_name, begin) => {
    // One ends in the middle of it, one after it; so does one of a cell that is killed and started again meanwhile.
    const tags = { placement_tags: ['at-1'] };
    const tasks = await Promise.all([
      scene.submit(scene.request('sleep 25; exit 3')),
      scene.submit(scene.request('sleep 75; exit 4')),
      scene.submit(scene.request('sleep 80; exit 5', tags)),
    ]);
    for (const { task_guid: guid } of tasks) await scene.begun(guid);
    const end = await begin();
    await sleep(OUTAGE_MS / 2);
    const restarted = scene.cluster.cells[1];
    await restarted?.kill();
    await restarted?.launch();
    await sleep(OUTAGE_MS / 2);
    await end();
    const ended = await Promise.all(tasks.map(async ({ task_guid: guid }) => await scene.ended(guid)));
    expect(ended.map(({ outcome, exit_code }) => `${outcome} ${exit_code}`)).toEqual([
      'failed 3',
      'failed 4',
      'failed 5',
    ]);
    expect(tasks.map(({ task_guid: guid }) => scene.ledger.count(guid))).toEqual([1, 1, 1]);
  });
});
