import { expect, it } from 'vitest';
import { request } from '../support/bbs.ts';
import { code } from '../support/code.ts';
import { onEachBbs } from '../support/each-bbs.ts';
import { offerOf, ScriptedCell } from '../support/scripted-cell.ts';

onEachBbs('claims and their cells', (on) => {
  it('lets only the try with the written nonce start, however often its answer was lost', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await cell.claim(made);
    const nonces = Array.from({ length: 20 }, (_, i) => `nonce-${i}`);
    const codes = await Promise.all(nonces.map((nonce) => cell.start(made.task_guid, attempt, nonce)));
    expect(codes.filter((c) => c === '')).toHaveLength(1);
    const winner = nonces[codes.indexOf('')] ?? '';
    expect(await cell.start(made.task_guid, attempt, winner)).toBe('');
    expect(await cell.start(made.task_guid, attempt, 'another')).toBe('invalid_transition');
  });

  it('takes no claim and no adoption under an epoch that its cell does not hold', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const another = String(Number(cell.epoch) + 1_000_000);
    const made = await on.bbs.tasks.DesireTask(request());
    const { task_guid, uid } = made;
    const { verdicts } = await on.bbs.placement.ClaimTasks({
      items: [
        { task_guid, uid, cell_id: 'cell-1', epoch: another },
        { task_guid, uid, cell_id: 'cell-that-is-not', epoch: cell.epoch },
      ],
    });
    expect(verdicts.map(({ verdict }) => verdict?.code)).toEqual(['stale_attempt', 'stale_attempt']);
    const attempt = await cell.claim(made);
    await cell.start(task_guid, attempt);
    const adopt = { cell_id: 'cell-1', epoch: another, claims: [{ task_guid, attempt }] };
    expect((await on.bbs.cells.AdoptTasks(adopt)).verdicts[0]?.code).toBe('stale_attempt');
    expect((await on.bbs.tasks.GetTask({ task_guid })).state).toBe('RUNNING');
  });

  it('refuses what comes from another attempt, cell or epoch', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await cell.claim(made);
    expect(await cell.start(made.task_guid, 'other')).toBe('stale_attempt');
    expect(await cell.as('cell-2', cell.epoch).start(made.task_guid, attempt)).toBe('stale_attempt');
    expect(await cell.as('cell-1', '1').start(made.task_guid, attempt)).toBe('stale_attempt');
    await on.bbs.cells.Leave(cell.own);
    expect(await cell.start(made.task_guid, attempt)).not.toBe('');
    const again = await ScriptedCell.register(on.bbs, 'cell-1', 'two');
    expect(again.epoch).not.toBe(cell.epoch);
    // The lost cell's claim went back; nothing was started.
    await expect.poll(async () => (await on.bbs.tasks.GetTask({ task_guid: made.task_guid })).state).toBe('PENDING');
  });

  it('gives a released claim back, with the reason and a pause', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await cell.claim(made);
    const item = {
      claim: { task_guid: made.task_guid, attempt },
      code: 'insufficient_resources',
      reason: 'insufficient resources: memory',
    };
    expect((await on.bbs.cells.ReleaseTasks({ ...cell.own, items: [item] })).verdicts[0]?.code).toBe('');
    expect((await on.bbs.cells.ReleaseTasks({ ...cell.own, items: [item] })).verdicts[0]?.code).toBe(
      'invalid_transition',
    );
    expect(await on.bbs.tasks.GetTask({ task_guid: made.task_guid })).toMatchObject({
      state: 'PENDING',
      cell_id: '',
      rejection_count: 1,
      rejection_reason: 'insufficient resources: memory',
    });
  });

  it('loses what ran on a cell that is gone, after its grace, and lets a cell that came back adopt it', async () => {
    const own = await on.start({ cellLeaseMs: 30_000, tasks: { lostGraceMs: 4_000 } }, '/lost/');
    on.afterwards(own.stop);
    const cell = await ScriptedCell.register(own, 'cell-1');
    const [kept, lost] = [await own.tasks.DesireTask(request()), await own.tasks.DesireTask(request())];
    const attempts: string[] = [];
    for (const task of [kept, lost]) {
      const attempt = await cell.claim(task);
      attempts.push(attempt);
      expect(await cell.start(task.task_guid, attempt)).toBe('');
    }
    await own.cells.Leave(cell.own);
    const again = await ScriptedCell.register(own, 'cell-1', 'two');
    const { verdicts } = await own.cells.AdoptTasks({
      ...again.own,
      claims: [{ task_guid: kept.task_guid, attempt: attempts[0] ?? '' }],
    });
    expect(verdicts[0]?.code).toBe('');
    await expect
      .poll(async () => (await own.tasks.GetTask({ task_guid: lost.task_guid })).outcome, { timeout: 20_000 })
      .toBe('lost');
    expect(await own.tasks.GetTask({ task_guid: lost.task_guid })).toMatchObject({
      failure_reason: 'cell disappeared before completion',
      cell_id: 'cell-1',
    });
    expect(await own.tasks.GetTask({ task_guid: kept.task_guid })).toMatchObject({ state: 'RUNNING' });
    expect(await again.complete(lost.task_guid, attempts[1] ?? '')).toBe('stale_attempt');
  });

  it('holds one process per cell id', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    expect((await ScriptedCell.register(on.bbs, 'cell-1')).epoch).toBe(cell.epoch);
    expect(await code(on.bbs.cells.Register({ offer: offerOf('cell-1'), incarnation: 'other' }))).toBe(
      'already_exists',
    );
    const { cells } = await on.bbs.cluster.ListCells({});
    expect(cells).toMatchObject([{ offer: { cell_id: 'cell-1' }, epoch: cell.epoch }]);
  });

  it('gives the place of a process that is known to be gone to the next one, under a new epoch, and the old one can begin nothing', async () => {
    const before = await ScriptedCell.register(on.bbs, 'cell-1', 'before');
    const made = await on.bbs.tasks.DesireTask(request());
    const attempt = await before.claim(made);
    const take = async (incarnation: string, replaces: string) =>
      await on.bbs.cells.Register({ offer: offerOf('cell-1'), incarnation, replaces });
    expect(await code(take('other', 'somebody'))).toBe('already_exists');
    const { epoch } = await take('after', 'before');
    expect(Number(epoch)).toBeGreaterThan(Number(before.epoch));
    // It lived, after all. (Its claim goes back at the same time.)
    expect(await before.start(made.task_guid, attempt)).toMatch(/^(stale_attempt|invalid_transition)$/);
    expect(await code(on.bbs.cells.Renew(before.own))).toBe('not_found');
    expect(await code(take('before', ''))).toBe('already_exists');
    // Repeats, and a request of before that comes late.
    expect((await take('after', 'before')).epoch).toBe(epoch);
    expect(await code(take('another', 'before'))).toBe('already_exists');
    await on.bbs.cells.Renew({ cell_id: 'cell-1', epoch });
    await expect
      .poll(async () => (await on.bbs.tasks.GetTask({ task_guid: made.task_guid })).state, { timeout: 20_000 })
      .toBe('PENDING');
  });
});
