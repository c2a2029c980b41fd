import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TaskEvent__Output } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster } from '../support/fake-task-service.ts';
import { onTerminal } from '../support/pty.ts';
import { rest } from '../support/rest.ts';

/* What people add to tasks, and which of them history keeps: over the wire, over HTTP, and on the command line. */

describe('labels and annotation', () => {
  let system: TestBbs;
  let base: string;
  beforeAll(async () => {
    system = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
    base = `http://${system.bbs.httpAddress}`;
  });
  afterAll(() => system.stop());

  const asked = request({ task_guid: 'noted', labels: { team: 'x', old: '1' }, annotation: 'first' });
  const finish = async (guid: string) => await system.tasks.CancelTask({ task_guid: guid });

  it('of a live task change in any state; readers see it, lists find it, and a repeated request still finds its task', async () => {
    const made = await system.tasks.DesireTask(asked);
    const { cursor } = await system.tasks.ListTasks({});
    const changed = await system.tasks.AnnotateTask({
      task_guid: made.number,
      labels: { team: 'payments' },
      remove_labels: ['old', 'never there'],
    });
    expect(changed).toMatchObject({ labels: { team: 'payments' }, annotation: 'first', updated_at: made.updated_at });
    expect((await system.tasks.GetTask({ task_guid: 'noted' })).labels).toEqual({ team: 'payments' });
    const page = async (labels: Record<string, string>) => (await system.tasks.ListTasks({ labels })).tasks;
    expect(await page({ team: 'payments' })).toMatchObject([{ task_guid: 'noted', labels: { team: 'payments' } }]);
    expect(await page({ old: '' })).toEqual([]);
    const leaving = new AbortController();
    const seen: TaskEvent__Output[] = [];
    for await (const event of system.tasks.WatchTasks({ cursor }, { signal: leaving.signal })) {
      if (event.changed) seen.push(event);
      if (seen.length > 0) break;
    }
    expect(seen[0]?.changed).toMatchObject({
      before: { labels: { team: 'x', old: '1' } },
      after: { labels: { team: 'payments' } },
    });
    expect((await system.tasks.DesireTask(asked)).uid).toBe(made.uid);
    await finish('noted');
    const after = await system.tasks.AnnotateTask({ task_guid: 'noted', annotation: '', labels: { done: '1' } });
    expect(after).toMatchObject({ state: 'COMPLETED', annotation: '', labels: { team: 'payments', done: '1' } });
    await system.tasks.ResolveTask({ task_guid: 'noted' });
    await system.tasks.DeleteTask({ task_guid: 'noted' });
    const sealed = await system.history.GetHistory({ task_guid: 'noted' });
    expect(sealed.task).toMatchObject({ annotation: '', labels: { team: 'payments', done: '1' } });
    await expect(system.tasks.AnnotateTask({ task_guid: 'noted', labels: { a: 'b' } })).rejects.toMatchObject({
      code: 'invalid_transition',
    });
    const { events } = await system.tasks.GetTimeline({ task_guid: 'noted' });
    expect(events.filter(({ kind }) => kind === 'annotated').map(({ actor, text }) => [actor, text])).toEqual([
      ['local', 'label team set, label old removed, label never there removed'],
      ['local', 'label done set, annotation set'],
    ]);
  });

  it.each([
    [{}, 'labels'],
    [{ labels: { '': 'x' } }, 'labels.'],
    [{ labels: { a: 'x' }, remove_labels: ['a'] }, 'remove_labels.a'],
    [{ annotation: 'x'.repeat(10_241) }, 'annotation'],
    [{ labels: { a: 'x'.repeat(17_000) } }, 'labels'],
  ])('are refused by the field', async (change, field) => {
    await system.tasks.DesireTask(request({ task_guid: 'plain' }));
    await expect(system.tasks.AnnotateTask({ task_guid: 'plain', ...change })).rejects.toMatchObject({
      faults: expect.arrayContaining([expect.objectContaining({ field })]),
    });
  });

  it('pins and purges over HTTP', async () => {
    await system.tasks.DesireTask(request({ task_guid: 'kept' }));
    const call = async (path: string, body?: object) => await rest(base, 'POST', path, body);
    expect((await call('/v1/tasks/kept/annotate', { labels: { a: 'b' } })).json).toMatchObject({ labels: { a: 'b' } });
    expect((await call('/v1/history/kept/pin')).json).toMatchObject({ task_guid: 'kept', pinned: true });
    expect((await call('/v1/history/nobody/pin')).status).toBe(404);
    await finish('kept');
    await system.tasks.ResolveTask({ task_guid: 'kept' });
    await system.tasks.DeleteTask({ task_guid: 'kept' });
    expect((await rest(base, 'GET', '/v1/history/kept')).json).toMatchObject({ pinned: true });
    const before = BigInt(Date.now()) * 1_000_000n;
    const purge = async (more: object) =>
      (await call('/v1/history/purge', { before: Number(before / 1_000n) * 1_000, ...more })).json;
    expect(await purge({ dry_run: true })).toEqual({ records: 1, pinned: 1 });
    expect(await purge({})).toEqual({ records: 1, pinned: 1 });
    expect((await call('/v1/history/kept/unpin')).status).toBe(200);
    expect(await purge({})).toEqual({ records: 1, pinned: 0 });
    expect((await rest(base, 'GET', '/v1/history/kept')).status).toBe(404);
    const future = await call('/v1/history/purge', { before: Number.MAX_SAFE_INTEGER * 1_000 });
    expect([future.status, future.text]).toEqual([400, expect.stringContaining('before')]);
  });
});

describe('the command line', () => {
  let fake: FakeCluster;
  let env: Record<string, string>;
  beforeEach(async () => {
    fake = await new FakeCluster().start();
    env = { GAVEL_SERVER: fake.address, NO_COLOR: '1', GAVEL_CONFIG: '/nowhere/gavel.yaml' };
    for (const number of [766, 767]) {
      fake.put({ task_guid: `g-${number}`, number, labels: { team: 'x' } });
      fake.finish(`g-${number}`);
      fake.remove(`g-${number}`);
    }
    fake.put({ task_guid: 'live', number: 768, labels: { team: 'x' } });
  });
  afterEach(async () => {
    await fake.stop();
  });
  const gavel = async (...args: readonly string[]) => {
    const cli = new CliWorld({ env });
    const code = await cli.run(...args);
    return { code, out: cli.out.text, err: cli.err.text };
  };

  it('annotates as kubectl does', async () => {
    expect((await gavel('tasks', 'annotate', '768', 'a=b=c', 'team-')).out).toBe('Task 768 annotated: a=b=c\n');
    expect((await gavel('tasks', 'annotate', '768', '--annotation', '')).code).toBe(0);
    for (const wrong of [[], ['team'], ['=x'], ['-']])
      expect((await gavel('tasks', 'annotate', '768', ...wrong)).code).toBe(2);
  });

  it('purges what is not pinned when its number is typed, and not otherwise', async () => {
    expect((await gavel('tasks', 'pin', '766')).out).toBe('Task 766 is pinned: history keeps it\n');
    expect((await gavel('history', '-o', 'template={{.task.number}} {{.pinned}}')).out).toBe('767 false\n766 true\n');
    const purge = ['history', 'purge', '--older-than', '1d'];
    expect(await gavel(...purge)).toMatchObject({ code: 2, err: expect.stringContaining('add -y to do it') });
    const answer = async (typed: string) =>
      await onTerminal(purge, { columns: 100, env, steps: [['to proceed: ', `${typed}\r`]] });
    expect((await answer('y')).screen).toContain('nothing was done');
    expect(fake.past).toHaveLength(2);
    const { screen } = await answer('1');
    expect(screen).toContain('You are about to drop 1 record of history for good.');
    expect(screen).toContain('Dropped 1 record; 1 pinned one is kept.');
    expect(fake.past.map(({ number }) => number)).toEqual([766]);
    expect((await gavel(...purge, '-y')).out).toBe('No record was dropped; 1 pinned one is kept.\n');
    expect((await gavel('history', 'purge', '--older-than', 'long', '-y')).code).toBe(2);
    expect((await gavel('history', 'purge')).code).toBe(2);
  });
});
