import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Holds } from '../../bbs/holds.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import type { Tasks } from '../../bbs/tasks.ts';
import type { CellOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';

const offer = (over: Partial<CellOffer>): CellOffer => ({
  cell_id: 'cell-1',
  zone: 'z1',
  stacks: ['lucid64'],
  preloaded_rootfs: ['busybox'],
  rootfs_schemes: ['docker'],
  capacity: { memory_mb: 1_000, disk_mb: 1_000, containers: 5 },
  ...over,
});

let system: TestBbs;
beforeAll(async () => {
  system = await startTestBbs();
  await system.cells.Register({ offer: offer({}), incarnation: 'a' });
  await system.cells.Register({
    offer: offer({
      cell_id: 'cell-2',
      placement_tags: ['gpu'],
      capacity: { memory_mb: 4_000, disk_mb: 500, containers: 5 },
    }),
    incarnation: 'b',
  });
});
afterAll(() => system.stop());

const dryRun = async (over: Parameters<typeof request>[0]) =>
  await system.tasks.ExplainPlacement({ request: request(over) });

describe('a plan', () => {
  const plan = async (over: Parameters<typeof request>[0], question: object = {}) =>
    await system.tasks.PlanPlacement({ request: request(over), ...question });

  it('counts what fits on the cells as they are, and names what binds', async () => {
    expect(await plan({ memory_mb: 300 })).toMatchObject({
      fits: 3,
      asked: 0,
      binding: 'memory',
      reason: 'insufficient resources: memory',
      summary: '3 such tasks fit now: memory binds; one more cell would take 3',
      one_more_cell: 3,
      one_more_like: 'cell-1',
      cells: [
        { cell_id: 'cell-1', placed: 3, free_before: { memory_mb: '1000' }, free_after: { memory_mb: '100' } },
        { cell_id: 'cell-2', placed: 0, code: 'tags' },
      ],
    });
    expect(await plan({ memory_mb: 1 })).toMatchObject({ fits: 5, binding: 'containers' });
    expect(await plan({ memory_mb: 300 }, { count: 3 })).toMatchObject({ fits: 3, binding: '', reason: '' });
    expect(await plan({ memory_mb: 300 }, { count: 4 })).toMatchObject({ fits: 3, binding: 'memory' });
    expect(await plan({ stack: 'solaris' })).toMatchObject({ fits: 0, binding: 'stack', one_more_cell: 0 });
  });

  it('thinks of cells as gone, and of others as there, and changes nothing', async () => {
    expect(await plan({ memory_mb: 300 }, { without: ['cell-1'] })).toMatchObject({ fits: 0, binding: 'tags' });
    const add = [
      { like: 'cell-1', count: 2 },
      { like: 'cell-1', offer: { capacity: { memory_mb: 2_000 } } },
      { offer: { stacks: ['lucid64'], preloaded_rootfs: ['busybox'], capacity: { memory_mb: 300, containers: 9 } } },
    ];
    const told = await plan({ memory_mb: 300 }, { add });
    expect(told.cells.map(({ cell_id, added, placed }) => [cell_id, added, placed])).toEqual([
      ['cell-1', false, 3],
      ['cell-1-like-1', true, 3],
      ['cell-1-like-2', true, 3],
      ['cell-1-like-3', true, 5],
      ['cell-2', false, 0],
      ['new-1', true, 1],
    ]);
    expect((await system.cluster.ListCells({})).cells).toHaveLength(2);
    expect((await system.tasks.ListTasks({})).total).toBe('0');
  });

  it.each([
    [{ without: ['nobody'] }, 'without[0]'],
    [{ add: [{ like: 'nobody' }] }, 'add[0].like'],
    [{ add: [{ like: 'cell-1', count: 5_000 }] }, 'add[0].count'],
    [{ add: [{ offer: { capacity: { memory_mb: -1 } } }] }, 'add[0].offer.capacity'],
    [{ count: -1 }, 'count'],
    [{ request: null }, 'request'],
  ])('refuses %j by its field', async (question, field) => {
    await expect(plan({}, question)).rejects.toMatchObject({
      code: 'invalid_argument',
      faults: [expect.objectContaining({ field })],
    });
  });
});

describe('a dry run', () => {
  it('fits, and creates nothing', async () => {
    const told = await dryRun({ memory_mb: 100 });
    expect(told).toMatchObject({
      verdict: 'fits',
      reason: '',
      summary: 'it would be placed now, on cell-1',
      task: null,
    });
    expect(told.cells).toMatchObject([
      { cell_id: 'cell-1', code: '', score: { total: expect.any(Number) } },
      { cell_id: 'cell-2', code: 'tags', note: 'it requires: gpu; allows: none', score: null },
    ]);
    expect((await system.tasks.ListTasks({})).total).toBe('0');
  });

  it('never fits, with the smallest change that would', async () => {
    const told = await dryRun({ memory_mb: 1_500 });
    expect(told).toMatchObject({ verdict: 'never_fits', reason: 'insufficient resources: memory' });
    expect(told.cells[0]).toMatchObject({
      cell_id: 'cell-1',
      code: 'too_small',
      asked: { memory_mb: '1500' },
      free: { memory_mb: '1000' },
    });
    expect(told.changes).toEqual([{ field: 'memory_mb', from: '1500', to: '1000', cell_id: 'cell-1' }]);
    expect((await dryRun({ stack: 'solaris', placement_tags: ['gpu'] })).changes).toEqual([
      { field: 'stack', from: 'solaris', to: 'lucid64', cell_id: 'cell-2' },
    ]);
    expect((await dryRun({ root_fs: 'preloaded:nowhere' })).changes).toEqual([
      { field: 'root_fs', from: 'preloaded:nowhere', to: 'preloaded:busybox', cell_id: 'cell-1' },
    ]);
  });

  it('does not fit now, and does once there is room', async () => {
    const made = await system.tasks.DesireTask(request({ memory_mb: 800, task_guid: 'large' }));
    const epoch = (await system.cluster.ListCells({})).cells[0]?.epoch ?? '';
    await system.placement.ClaimTasks({ items: [{ task_guid: 'large', uid: made.uid, cell_id: 'cell-1', epoch }] });
    const told = await dryRun({ memory_mb: 500 });
    expect(told).toMatchObject({ verdict: 'not_now', reason: 'insufficient resources: memory' });
    expect(told.summary).toContain('memory: 500 MB asked, most free on a compatible cell 200 MB (cell-1)');
    expect(told.changes).toEqual([{ field: 'memory_mb', from: '500', to: '200', cell_id: 'cell-1' }]);
    // The placed one is not in its own way.
    const placed = await system.tasks.ExplainPlacement({ task_guid: 'large' });
    expect(placed).toMatchObject({ verdict: 'placed', task: { cell_id: 'cell-1' } });
    expect(placed.summary).toMatch(/^is being prepared on cell-1, which was the best cell .* after the submit$/);
    expect(placed.cells[0]).toMatchObject({ cell_id: 'cell-1', code: '' });
    await system.tasks.CancelTask({ task_guid: 'large', reason: 'enough' });
    expect((await dryRun({ memory_mb: 500 })).verdict).toBe('fits');
    const ended = await system.tasks.ExplainPlacement({ task_guid: 'large' });
    expect(ended).toMatchObject({ verdict: 'ended', changes: [] });
    expect(ended.summary).toBe('cancelled: task was cancelled: enough [cancelled]; it was on cell-1 and never ran');
  });

  it('tells every fault of a request, and knows no task that is not there', async () => {
    await expect(system.tasks.ExplainPlacement({ request: { domain: '' } })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(system.tasks.ExplainPlacement({ task_guid: 'nowhere' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a list', () => {
  it('is filtered by who, when, outcome and label', async () => {
    const domain = 'filters';
    const first = await system.tasks.DesireTask(request({ domain, task_guid: 'f1', labels: { team: 'x' } }));
    await system.tasks.DesireTask(request({ domain, task_guid: 'f2', labels: { team: 'y', ci: '' } }));
    await system.tasks.CancelTask({ task_guid: 'f2' });
    const list = async (over: object) =>
      (await system.tasks.ListTasks({ domain, ...over })).tasks.map(({ task_guid }) => task_guid);
    expect(await list({})).toEqual(['f2', 'f1']);
    expect(await list({ outcomes: ['cancelled'] })).toEqual(['f2']);
    expect(await list({ labels: { team: 'x' } })).toEqual(['f1']);
    expect(await list({ labels: { team: '' } })).toEqual(['f2', 'f1']);
    expect(await list({ created_after: (BigInt(first.created_at) + 1n).toString() })).toEqual(['f2']);
    expect(await list({ created_before: (BigInt(first.created_at) + 1n).toString() })).toEqual(['f1']);
    expect(await list({ created_by: 'nobody at all' })).toEqual([]);
    expect((await system.tasks.ListTasks({ domain, outcomes: ['cancelled'] })).total).toBe('1');
    await expect(list({ outcomes: ['lucky'] })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('a hold', () => {
  it('leaves its tasks alone when it is released', async () => {
    await system.tasks.DesireTask(request({ task_guid: 'held-1' }));
    const hold = { hold_id: 'hold-number-1', task_guids: ['held-1'], holder: 'a test' };
    expect((await system.tasks.HoldTasks(hold)).ttl).toMatchObject({ seconds: '15' });
    await system.tasks.HoldTasks(hold);
    await system.tasks.HoldTasks({ ...hold, release: true });
    await system.tasks.HoldTasks({ ...hold, release: true });
    await sleep(1_500);
    expect((await system.tasks.GetTask({ task_guid: 'held-1' })).state).toBe('PENDING');
    await expect(system.tasks.HoldTasks({ ...hold, hold_id: 'x' })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('that ends without a word has them cancelled, and names its holder; one that is renewed does not', async () => {
    const path = mkdtempSync(join(tmpdir(), 'gavel-holds-'));
    const store = await openEmbeddedStore({ path });
    const ended: unknown[] = [];
    const tasks = {
      find: async (guid: string) => ({ status: { task_guid: guid, uid: `uid-${guid}`, domain: 'd' } }),
      transition: async (guid: string, command: object, options: object) =>
        ended.push({ guid, ...command, ...options }),
    } as unknown as Tasks;
    const holds = new Holds({ store, tasks, ttlMs: 1_200 });
    const stop = new AbortController();
    const sweeping = holds.sweep(pino({ level: 'silent' }), stop.signal);
    const silent = { hold_id: 'silent-one', task_guids: ['a', 'b'], holder: 'build 7', release: false };
    const renewed = { ...silent, hold_id: 'renewed-one', task_guids: ['c'] };
    const me = { name: 'me', domains: undefined };
    await holds.hold(silent, me);
    for (let at = 0; at < 10; at += 1) {
      await holds.hold(renewed, me);
      await sleep(300);
    }
    expect(ended).toEqual([
      { guid: 'a', type: 'cancel', reason: 'its client build 7 went away', uid: 'uid-a' },
      { guid: 'b', type: 'cancel', reason: 'its client build 7 went away', uid: 'uid-b' },
    ]);
    // Whoever is limited to domains holds what is in them, and has ids of their own: nobody else's hold ends or changes by theirs.
    const limited = { name: 'me', domains: new Set(['other']) };
    await holds.hold({ ...silent, task_guids: ['a'] }, limited);
    await holds.hold({ ...renewed, task_guids: [], release: true }, limited);
    await sleep(3_500);
    expect(ended.slice(2)).toEqual([
      { guid: 'c', type: 'cancel', reason: 'its client build 7 went away', uid: 'uid-c' },
    ]);
    stop.abort();
    await sweeping;
    await store.close();
    rmSync(path, { recursive: true, force: true });
  });
});
