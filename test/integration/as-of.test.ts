import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

/** The list as it was. */
describe.each(['embedded', 'etcd'] as const)('gavel tasks --as-of, on the %s store', (kind) => {
  let etcd: TestEtcd | undefined;
  let bbs: TestBbs;
  beforeAll(async () => {
    if (kind === 'etcd') etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());
  afterEach(() => bbs.stop());

  async function gavel(...args: string[]) {
    const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address } });
    return { exit: await world.run(...args), out: world.out.text, err: world.err.text };
  }

  it('tells what was live then, as it was then, in pages and through filters', async () => {
    const store =
      etcd === undefined ? {} : { store: { kind: 'etcd' as const, hosts: [...etcd.hosts], prefix: '/as-of/' } };
    bbs = await startTestBbs({ ...store, http: { listen: '127.0.0.1:0' } });
    const started = Date.now();
    for (const task_guid of ['a', 'b', 'c']) await bbs.tasks.DesireTask(request({ task_guid, domain: task_guid }));
    const { revision } = await bbs.tasks.GetTask({ task_guid: 'c' });
    await sleep(20);
    const then = new Date().toISOString();
    await sleep(20);
    await bbs.tasks.CancelTask({ task_guid: 'a' });
    await bbs.tasks.ResolveTask({ task_guid: 'a' });
    await bbs.tasks.DeleteTask({ task_guid: 'a' });
    await bbs.tasks.CancelTask({ task_guid: 'b' });
    await bbs.tasks.DesireTask(request({ task_guid: 'd' }));

    expect((await gavel('tasks', '-o', 'name')).out).toBe('d\nc\n');
    const past = await gavel('tasks', '--as-of', then);
    expect(past.out).toMatch(/^3 {2}PENDING [^]*^2 {2}PENDING [^]*^1 {2}PENDING /m);
    expect(past.out).toMatch(/Total tasks running at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC: 3/);
    for (const args of [
      ['--as-of', revision],
      ['--as-of', then, '-a'],
    ])
      expect((await gavel('tasks', ...args, '-o', 'name')).out).toBe('c\nb\na\n');
    expect((await gavel('tasks', '--as-of', then, '--domain', 'a', '-o', 'name')).out).toBe('a\n');
    const paged = await gavel('tasks', '--as-of', then, '--limit', '2', '--cursor', '3', '-o', 'name');
    expect(paged.out).toBe('b\na\n');
    const json = JSON.parse((await gavel('tasks', '--as-of', then, '-o', 'json')).out) as { as_of: string };
    expect(Date.parse(json.as_of)).toBe(Date.parse(then));
    const page = await fetch(`http://${bbs.bbs.httpAddress}/v1/tasks?as_of_revision=${revision}`);
    expect(await page.json()).toMatchObject({ total: 3 });

    const old = await gavel('tasks', '--as-of', '2h');
    expect(old.exit).toBe(5);
    expect(old.err).toMatch(/changes are known here since \d{4}-\d\d-\d\dT\S+Z \(revision \d+\), not before/);
    const since = /since (\S+Z)/.exec(old.err)?.[1] ?? '';
    expect(Date.parse(since)).toBeLessThanOrEqual(started);
    expect((await gavel('tasks', '--as-of', since, '-o', 'name')).out).toBe('');
    expect((await gavel('tasks', '--as-of', '999999')).err).toContain('as_of_revision: the store is at ');
    expect((await gavel('tasks', '--as-of', 'yesterday')).err).toContain('--as-of: yesterday is no time');
  });
});
