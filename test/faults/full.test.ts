import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scene, until } from './scene.ts';
import { containersOf, isTaskContainer } from './witness.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** E09 with whole processes. Not judged by the referee: what Gavel compacts to make room is the history that it would read. */
describe('an etcd that is full', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ cells: 1, etcdArgs: ['--quota-backend-bytes=25165824'] });
  });
  afterAll(() => scene.close());

  const gateway = async (path: string, body: object): Promise<boolean> => {
    const host = scene.cluster.etcd.hosts[0] ?? '';
    const answer = await fetch(host + path, { method: 'POST', body: JSON.stringify(body) });
    await answer.arrayBuffer();
    return answer.ok;
  };

  it('E09: what ended meanwhile is told when there is room, which comes without a hand, also with all servers new', async () => {
    const { task_guid: guid } = await scene.submit(
      scene.request('sleep 30; printf kept > /tmp/r', { result_file: '/tmp/r' }),
    );
    await scene.begun(guid);
    // All this has to be done before the process ends.
    // Small ones leave no gaps: a file with gaps is defragmented, and then it is not full any more.
    const value = base64('x'.repeat(30_000));
    let room = true;
    for (let batch = 0; room; batch += 1) {
      const keys = Array.from({ length: 20 }, (_, at) => base64(`/filler/${batch}-${at}`));
      room = (await Promise.all(keys.map(async (key) => await gateway('/v3/kv/put', { key, value })))).every(Boolean);
    }
    // It stays full while the process ends; new tasks are refused, and nobody can become the leader.
    await expect(scene.ask(0, scene.request('exit 0'))).rejects.toMatchObject({ code: 'overloaded' });
    for (const bbs of scene.cluster.bbs) await bbs.restart();
    await until(async () => (await states()).includes('exited'), 60_000, 'the end of the process');
    expect((await scene.look(guid))?.state).toBe('RUNNING');
    await gateway('/v3/kv/deleterange', { key: base64('/filler/'), range_end: base64('/filler0') });
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
    const { task_guid: next } = await scene.submit(scene.request('exit 0'));
    expect(await scene.ended(next)).toMatchObject({ outcome: 'succeeded' });
    expect([scene.ledger.count(guid), scene.ledger.count(next)]).toEqual([1, 1]);
    await until(async () => (await states()).length === 0, 30_000, 'the removal of the containers');
  });

  const states = async () =>
    (await containersOf(scene.cluster.cellIds)).filter(isTaskContainer).map(({ state }) => state);
});
