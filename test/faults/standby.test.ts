import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scene, until } from './scene.ts';

/** One of two auctioneers leads; the other takes over when it is gone, and cells follow. */
describe('two auctioneers', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ auctioneers: 2, cells: 2 });
  });
  afterAll(() => scene.close());

  const leads = /"leading":true/g;
  const quick = () => scene.request('exit 0', { placement_tags: [] });
  const times = (text: string) => text.match(leads)?.length ?? 0;

  it('D05: the one that leads is killed, and the other places within seconds', async () => {
    const { auctioneers } = scene.cluster;
    await until(() => auctioneers.some(({ output }) => times(output) > 0), 20_000, 'a leader');
    const first = auctioneers.find(({ output }) => times(output) > 0);
    const second = auctioneers.find((one) => one !== first);
    const { task_guid: before } = await scene.submit(quick());
    expect(await scene.ended(before)).toMatchObject({ outcome: 'succeeded' });
    expect(times(second?.output ?? '')).toBe(0);

    await first?.kill();
    const tasks = await Promise.all([quick(), quick(), quick()].map(async (one) => await scene.submit(one)));
    for (const { task_guid: guid } of tasks)
      expect(await scene.ended(guid, 20_000)).toMatchObject({ outcome: 'succeeded' });
    expect(times(second?.output ?? '')).toBe(1);
    // Back again it stands by.
    await first?.start();
    const { task_guid: after } = await scene.submit(quick());
    expect(await scene.ended(after)).toMatchObject({ outcome: 'succeeded' });
    expect(times(first?.output ?? '')).toBe(1);

    // A clean stop gives the lead back at once.
    await second?.stop();
    const { task_guid: last } = await scene.submit(quick());
    expect(await scene.ended(last, 20_000)).toMatchObject({ outcome: 'succeeded' });
    await second?.start();
    await scene.verdict();
  });
});
