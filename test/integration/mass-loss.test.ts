import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';

const HOLD_MS = 2_500;
const GRACE_MS = 300;
let bbs: TestBbs;
beforeEach(async () => {
  bbs = await startTestBbs({
    tasks: { lostGraceMs: GRACE_MS },
    massLoss: { cells: 3, share: 0.5, holdMs: HOLD_MS },
  });
});
afterEach(async () => {
  await bbs.stop();
});

/** A cell with one running task. */
async function runningOn(id: string) {
  const cell = await ScriptedCell.register(bbs, id);
  const { task_guid: guid, uid } = await bbs.tasks.DesireTask(request());
  const attempt = await cell.claim({ task_guid: guid, uid });
  expect(await cell.start(guid, attempt)).toBe('');
  return { cell, claim: { task_guid: guid, attempt }, guid };
}

const outcome = async (guid: string) => (await bbs.tasks.GetTask({ task_guid: guid })).outcome;
const listed = async () => (await bbs.cluster.ListCells({})).cells;

describe('cells that vanish', () => {
  it('together are waited for: back in time they go on, and only what stays away is lost', async () => {
    const four = await Promise.all(['a', 'b', 'c', 'd'].map(runningOn));
    const [back, ...away] = four.slice(0, 3);
    for (const { cell } of four.slice(0, 3)) await bbs.cells.Leave(cell.own);
    const begun = performance.now();
    await vi.waitFor(async () => {
      const notes = (await listed()).filter(({ state }) => state === 'away').map(({ note }) => note);
      expect(notes).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('went together with most cells')));
    }, 20_000);
    // Well past the grace nobody has been called lost.
    await sleep(4 * GRACE_MS);
    for (const { guid } of four) expect(await outcome(guid)).toBe('');

    const again = await ScriptedCell.register(bbs, 'a', 'two');
    const adopted = await bbs.cells.AdoptTasks({ ...again.own, claims: back === undefined ? [] : [back.claim] });
    expect(adopted.verdicts[0]?.code).toBe('');
    for (const { guid } of away) await vi.waitFor(async () => expect(await outcome(guid)).toBe('lost'), 20_000);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(HOLD_MS - 100);
    expect(await outcome(back?.guid ?? '')).toBe('');
    expect(await outcome(four[3]?.guid ?? '')).toBe('');
  });

  it('one by one, or few of many, are lost after their grace', async () => {
    const four = await Promise.all(['a', 'b', 'c', 'd'].map(runningOn));
    for (const { cell } of four.slice(0, 2)) await bbs.cells.Leave(cell.own);
    for (const { guid } of four.slice(0, 2))
      await vi.waitFor(async () => expect(await outcome(guid)).toBe('lost'), 20_000);
    // These two more make three of four, and not at once.
    for (const { cell } of four.slice(2)) await bbs.cells.Leave(cell.own);
    for (const { guid } of four.slice(2))
      await vi.waitFor(async () => expect(await outcome(guid)).toBe('lost'), 20_000);
  });
});
