import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Scene, until, whole } from './scene.ts';

/** Section 2.1 and 2.2: the death of BBS and auctioneer at every step, lost answers of the store, and the death of everything. */
describe('the death of a server', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ cells: 2 });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    await scene.mend();
    await scene.verdict();
  });

  const quick = () => scene.request('printf done > /tmp/r', { result_file: '/tmp/r', placement_tags: [] });

  it.each([
    ...whole(['D01: BBS dies before the task is stored', 'store.desire:before=kill']),
    ['D02 D03: BBS dies with the task stored, its answer and all wake-ups unsent', 'store.desire:after=kill'],
  ])('%s', async (_name, fault) => {
    scene.bbs(0).arm(fault);
    const asked = quick();
    await expect(scene.ask(0, asked)).rejects.toMatchObject({ code: 'unavailable' });
    await scene.bbs(0).died();
    const made = await scene.submit(asked);
    // The same request again, as a client does whose answer was lost: the same task (I3).
    expect((await scene.submit(asked)).uid).toBe(made.uid);
    expect(await scene.ended(made.task_guid)).toMatchObject({ outcome: 'succeeded', result: 'done' });
  });

  it.each([
    ...whole(
      ['D04 D05: BBS dies before a claim', 'store.claim:before=kill'],
      ['D05: BBS dies with the claim stored, nobody told', 'store.claim:after=kill'],
    ),
    ['D10: BBS dies before the start is stored', 'store.start:before=kill'],
    ['E14: BBS dies with the start stored, the cell not told', 'store.start:after=kill'],
    ['D16: BBS dies before the completion is stored', 'store.complete:before=kill'],
    ['D16: BBS dies with the completion stored, the cell not told', 'store.complete:after=kill'],
  ])('%s', async (_name, fault) => {
    // Whichever of the two is asked; the other one, asked again, has to carry it through.
    const [one, other] = [scene.bbs(0), scene.bbs(1)];
    one.arm(fault);
    other.arm(fault);
    const { task_guid: guid } = await scene.submit(quick());
    await until(() => !one.running || !other.running, 20_000, 'the death of a BBS');
    for (const bbs of [one, other]) bbs.arm('');
    // Both at once: the cell gives its tasks up when it hears nothing of either for its lease.
    await Promise.all([one, other].map(async (bbs) => (bbs.running ? undefined : await bbs.start())));
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded', result: 'done' });
    expect(scene.ledger.count(guid)).toBe(1);
  });

  it.each(whole('desire', 'claim', 'start', 'complete'))(
    'E14: the store answers `unavailable` to a %s that happened, and to one that did not',
    async (kind) => {
      for (const bbs of scene.cluster.bbs) bbs.arm(`store.${kind}:after=drop@1;store.${kind}:before=drop@2`);
      const tasks = await Promise.all([0, 1, 2].map(async () => await scene.submit(quick())));
      for (const { task_guid: guid } of tasks) {
        expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded', result: 'done' });
        expect(scene.ledger.count(guid)).toBe(1);
      }
      expect(scene.cluster.bbs.flatMap(({ fired }) => fired).length).toBeGreaterThan(0);
    },
  );

  it.each(
    whole(
      ['D04: auctioneer dies before its claims are sent', 'ClaimTasks:before=kill'],
      ['D05: auctioneer dies with its claims made, and has not heard of it', 'ClaimTasks:after=kill'],
    ),
  )('%s', async (_name, fault) => {
    const [auctioneer] = scene.cluster.auctioneers;
    auctioneer?.arm(fault);
    const asked = Array.from({ length: 6 }, quick);
    const tasks = await Promise.all(asked.map(async (one) => await scene.submit(one)));
    await auctioneer?.died();
    auctioneer?.arm('');
    await auctioneer?.start();
    for (const { task_guid: guid } of tasks) {
      expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded' });
      expect(scene.ledger.count(guid)).toBe(1);
    }
  });

  it.each(whole('D19: BBS dies after the callback was posted, before it is recorded'))('%s', async () => {
    const killed = new Promise<void>((done) => {
      scene.receiver.script = [
        async () => {
          // Nobody knows which one leads the callbacks: both go, with the answer unread.
          await Promise.all(scene.cluster.bbs.map(async (bbs) => await bbs.kill()));
          done();
          return 200;
        },
      ];
    });
    const asked = { ...quick(), completion_callback_url: scene.receiver.url };
    const { task_guid: guid, uid } = await scene.submit(asked);
    await killed;
    await Promise.all(scene.cluster.bbs.map(async (bbs) => await bbs.start()));
    const ids = () => scene.receiver.received.map(({ headers }) => headers['webhook-id']).filter((id) => id === uid);
    await until(() => ids().length === 2, 30_000, 'the second try of the callback');
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded' });
  });

  it.each(
    whole(
      ['D20: BBS dies with the task RESOLVING, before the callback', 'store.resolve:after=kill'],
      ['D21: BBS dies before the record is sealed', 'store.remove:before=kill'],
      ['D21: BBS dies after the record was sealed', 'store.remove:after=kill'],
    ),
  )('%s', async (_name, fault) => {
    for (const bbs of scene.cluster.bbs) bbs.arm(fault);
    const { task_guid: guid, uid } = await scene.submit({ ...quick(), completion_callback_url: scene.receiver.url });
    await until(() => scene.cluster.bbs.some(({ running }) => !running), 30_000, 'the death of a BBS');
    for (const bbs of scene.cluster.bbs) bbs.arm('');
    await Promise.all(scene.cluster.bbs.map(async (bbs) => (bbs.running ? undefined : await bbs.start())));
    const told = () => scene.receiver.received.some(({ headers }) => headers['webhook-id'] === uid);
    await until(told, 30_000, 'the callback');
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded' });
  });

  it.each(whole('D22: the leader dies in the middle of a sweep'))('%s', async () => {
    const [auctioneer] = scene.cluster.auctioneers;
    auctioneer?.pause();
    for (const bbs of scene.cluster.bbs) bbs.arm('store.complete:before=kill@5');
    const asked = Array.from({ length: 12 }, () => ({ ...quick(), placement_deadline: { seconds: 2 } }));
    const tasks = await Promise.all(asked.map(async (one) => await scene.submit(one)));
    await until(() => scene.cluster.bbs.some(({ running }) => !running), 30_000, 'the death of the leader');
    for (const bbs of scene.cluster.bbs) bbs.arm('');
    // The other one takes the lead and finishes; nobody starts the first.
    for (const { task_guid: guid } of tasks)
      expect(await scene.ended(guid, 30_000)).toMatchObject({
        outcome: 'unplaced',
        failure_code: 'placement_deadline',
      });
    // I24: once it is quiet, nothing is written to any task.
    const revision = async () => (await scene.history()).findLast(({ key }) => key.startsWith('task/'))?.revision;
    const quiet = await revision();
    await sleep(2_000);
    expect(await revision()).toBe(quiet);
  });

  it('D17: no BBS answers while a task ends', async () => {
    const { task_guid: guid } = await scene.submit(
      scene.request('sleep 1; printf kept > /tmp/r', { result_file: '/tmp/r' }),
    );
    await scene.begun(guid);
    await Promise.all(scene.cluster.bbs.map(async (bbs) => await bbs.kill()));
    // Shorter than the time after which the cell stops what nobody may vouch for any more.
    await sleep(2_500);
    await Promise.all(scene.cluster.bbs.map(async (bbs) => await bbs.start()));
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
  });

  it('G01 G02: every call of a life twenty times, beside each other and late', async () => {
    const asked = quick();
    const made = await Promise.all(Array.from({ length: 20 }, async () => await scene.submit(asked)));
    expect(new Set(made.map(({ uid }) => uid)).size).toBe(1);
    const guid = made[0]?.task_guid ?? '';
    await scene.ended(guid);
    const cancels = Array.from({ length: 20 }, async () => await scene.cluster.tasks.CancelTask({ task_guid: guid }));
    for (const task of await Promise.all(cancels)) expect(task.outcome).toBe('succeeded');
  });

  it.each(whole('D23: everything is killed at once, and started in another order'))('%s', async () => {
    const kinds = ['exit 0', 'sleep 2; exit 0', 'sleep 6; exit 0', 'sleep 12; exit 0'];
    const tasks = await Promise.all(
      [...kinds, ...kinds].map(async (script, at) =>
        scene.submit(scene.request(script, { placement_tags: [`at-${at % 2}`] })),
      ),
    );
    await until(() => scene.ledger.starts.length > 2, 30_000, 'some starts');
    await Promise.all(scene.cluster.roles.map(async (role) => await role.kill()));
    const [first, ...rest] = scene.cluster.roles.toSorted(() => Math.random() - 0.5);
    for (const role of [first, ...rest]) await role?.launch();
    for (const role of scene.cluster.roles) await role.says(/bbs\.started|auctioneer\.started|cell\.registered/);
    for (const { task_guid: guid } of tasks) {
      const { outcome } = await scene.ended(guid);
      expect(outcome).toMatch(/^(succeeded|infra_failed|lost)$/);
    }
  });
});
