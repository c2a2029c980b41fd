import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskClient } from '../../src/client/index.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'ok',
    (error: { code: string }) => error.code,
  );

describe('domains', () => {
  let folder: string;
  let bbs: TestBbs;
  let client: TaskClient;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gavel-domains-'));
    bbs = await start();
    client = new TaskClient({ endpoint: bbs.bbs.address });
  });
  afterAll(async () => {
    client.close();
    await bbs.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const start = async () => await startTestBbs({ store: { kind: 'embedded', path: folder } });
  const desire = async (domain: string, over: object = {}) => await bbs.tasks.DesireTask(request({ domain, ...over }));
  const cli = async (...args: string[]) => {
    const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address, GAVEL_CONFIG: join(folder, 'config.yaml') } });
    return { exit: await world.run(...args), out: world.out.text, err: world.err.text };
  };

  it('are counted by state as their tasks change, and are gone with the last of them', async () => {
    const cell = await ScriptedCell.register(bbs, 'cell-1');
    const one = await desire('counted');
    const two = await desire('counted');
    await desire('counted/with a slash');
    await cell.start(one.task_guid, await cell.claim(one));
    expect((await client.domains.get('counted')).tasks).toMatchObject({ PENDING: 1, RUNNING: 1, COMPLETED: 0 });
    expect((await client.domains.list()).map(({ domain }) => domain)).toEqual(['counted', 'counted/with a slash']);
    for (const { task_guid } of [one, two]) {
      await bbs.tasks.CancelTask({ task_guid });
      await bbs.tasks.ResolveTask({ task_guid });
      expect((await client.domains.get('counted')).tasks).toMatchObject({ RESOLVING: 1, RUNNING: 0 });
      await bbs.tasks.DeleteTask({ task_guid });
    }
    expect(await code(client.domains.get('counted'))).toBe('not_found');
  });

  it('refuse what is over their limit of waiting tasks, and no repeat of what they have', async () => {
    await client.domains.set('full', { maxPending: 3 });
    const guids = Array.from({ length: 20 }, (_none, at) => `full-${at}`);
    const { results } = await bbs.tasks.DesireTasks({
      tasks: guids.map((task_guid) => request({ domain: 'full', task_guid })),
    });
    const made = results.flatMap(({ task }) => task?.task_guid ?? []);
    expect([made.length, new Set(results.flatMap(({ refusal }) => refusal?.code ?? []))]).toEqual([
      3,
      new Set(['overloaded']),
    ]);
    const refused = results.find(({ refusal }) => refusal !== null)?.refusal;
    expect(refused?.message).toMatch(/3 tasks of domain full wait, and 3 may; .*gavel domains set/);
    // Others are not held up, a repeat of what is there is answered, and a place that becomes free is given away once.
    expect(await code(desire('another'))).toBe('ok');
    expect((await desire('full', { task_guid: made[0] })).task_guid).toBe(made[0]);
    await desire('keyed');
    await client.domains.set('keyed', { maxPending: 2 });
    const first = await desire('keyed', { request_key: 'k1' });
    const again = await desire('keyed', { request_key: 'k1', task_guid: 'other-guid' });
    expect(again.task_guid).toBe(first.task_guid);
    await bbs.tasks.CancelTask({ task_guid: made[0] ?? '' });
    expect([await code(desire('full')), await code(desire('full'))]).toEqual(['ok', 'overloaded']);
    await client.domains.set('full', { maxPending: 0 });
    expect(await code(desire('full'))).toBe('ok');
  });

  it('give back the place of a creation that came to nothing', async () => {
    await client.domains.set('mistakes', { maxPending: 1 });
    await desire('elsewhere', { task_guid: 'taken-guid' });
    for (let at = 0; at < 3; at += 1)
      expect(await code(desire('mistakes', { task_guid: 'taken-guid' }))).toBe('already_exists');
    expect(await code(desire('mistakes'))).toBe('ok');
  });

  it('keep what was set over a restart', async () => {
    await client.domains.set('kept', { retentionMs: 86_400_000, maxPending: 7 });
    await client.domains.set('kept', { maxPending: 8 });
    await bbs.stop();
    bbs = await start();
    client.close();
    client = new TaskClient({ endpoint: bbs.bbs.address });
    expect(await client.domains.get('kept')).toMatchObject({
      retention: '86400s',
      retention_in_force: '86400s',
      max_pending: 8,
    });
    expect((await client.domains.get('full')).tasks.PENDING).toBeGreaterThan(2);
    await client.domains.set('kept', { retentionMs: 0, maxPending: 0 });
    expect(await code(client.domains.get('kept'))).toBe('not_found');
  });

  it('are listed, shown and set from the command line', async () => {
    expect(await cli('domains', 'set', 'ci', '--retention', '30d', '--max-pending', '500')).toMatchObject({ exit: 0 });
    await desire('ci');
    expect((await cli('domains', 'show', 'ci')).out).toMatch(/Pending +1 of 500\n[^]*Retention +30d \(set\)/);
    expect((await cli('domains')).out).toMatch(/ci +\S* *1 of 500/);
    expect(JSON.parse((await cli('domains', 'show', 'ci', '-o', 'json')).out)).toMatchObject({
      schema: 'domain/v1',
      max_pending: 500,
      tasks: { PENDING: 1 },
    });
    expect(await cli('domains', 'show', 'nowhere')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('gavel domains'),
    });
    expect((await cli('domains', 'set', 'ci')).exit).toBe(2);
    expect((await cli('domains', 'set', 'ci', '--retention', '5s')).err).toContain('must be a minute or more');
    expect((await cli('domains', 'set', 'ci', '--max-pending', 'many')).err).toContain('no whole number');
    expect((await cli('domains', 'set', 'x'.repeat(256), '--max-pending', '1')).err).toContain('1 to 255 bytes');
  });
});
