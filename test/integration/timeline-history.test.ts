import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TimelineEvent__Output } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';

const OFFER = {
  cell_id: 'cell-1',
  stacks: [],
  preloaded_rootfs: ['busybox'],
  capacity: { memory_mb: 1_000, disk_mb: 1_000, containers: 10 },
};
const saw = (kind: string) => ({ time: '1', component: 'rep', kind, text: kind });

describe('the timeline of a finished task', () => {
  let bbs: TestBbs;
  let epoch = '';
  beforeEach(async () => {
    bbs = await startTestBbs();
    ({ epoch } = await bbs.cells.Register({ offer: OFFER, incarnation: 'i' }));
  });
  afterEach(() => bbs.stop());

  const head = () => ({ cell_id: 'cell-1', epoch });

  async function claimed(task_guid: string) {
    const { uid } = await bbs.tasks.GetTask({ task_guid });
    const { verdicts } = await bbs.placement.ClaimTasks({ items: [{ task_guid, uid, ...head() }] });
    expect(verdicts[0]?.verdict?.code).toBe('');
    return { task_guid, attempt: verdicts[0]?.attempt ?? '' };
  }

  async function ran(task_guid: string) {
    const claim = await claimed(task_guid);
    await bbs.cells.StartTasks({ ...head(), items: [{ claim, nonce: 'n' }] });
    const outcome = { outcome: 'succeeded', exit_code: 0 };
    const items = [{ claim, outcome, events: [saw('started'), saw('exited')] }];
    const { verdicts } = await bbs.cells.CompleteTasks({ ...head(), items });
    expect(verdicts[0]?.code).toBe('');
  }

  const timeline = async (task_guid: string) => await bbs.tasks.GetTimeline({ task_guid });
  const kinds = (events: readonly TimelineEvent__Output[]) => events.map(({ kind }) => kind);

  it('is the same live and from history, with what cells told and no cell to ask', async () => {
    const { task_guid, number } = await bbs.tasks.DesireTask(request());
    const claim = await claimed(task_guid);
    const reason = { code: 'image_unavailable', reason: 'registry away' };
    await bbs.cells.ReleaseTasks({ ...head(), items: [{ claim, ...reason, events: [saw('pull_failed')] }] });
    await ran(task_guid);
    const live = await timeline(task_guid);
    expect(live.notes).toEqual([]);
    expect(kinds(live.events)).toEqual([
      'submitted',
      'claimed',
      'pull_failed',
      'released',
      'claimed',
      'start_committed',
      'started',
      'exited',
      'completed',
    ]);
    await bbs.tasks.ResolveTask({ task_guid });
    await bbs.tasks.DeleteTask({ task_guid });
    const past = await timeline(number);
    expect(kinds(past.events)).toEqual([...kinds(live.events), 'resolved']);
    expect(past.events.at(-1)).toMatchObject({ cause: 'client' });
    expect((await bbs.tasks.GetTask({ task_guid, include_history: true })) as object).not.toHaveProperty('trail');
  });

  it('says what is missing while the cell cannot be asked, and takes it when the cell tells it', async () => {
    const { task_guid } = await bbs.tasks.DesireTask(request());
    const claim = await claimed(task_guid);
    expect((await timeline(task_guid)).notes).toEqual([
      `what cell cell-1 saw of attempt ${claim.attempt.slice(0, 8)} is missing: the cell is not connected`,
    ]);
    const note = { cell_id: 'cell-1', claim, events: [saw('stopping')] };
    await expect(bbs.cells.NoteEvents(note)).rejects.toThrow(/has not ended on this attempt/);
    await bbs.tasks.CancelTask({ task_guid, reason: 'enough' });
    await expect(bbs.cells.NoteEvents({ ...note, claim: { task_guid, attempt: 'x' } })).rejects.toThrow(/not ended/);
    await bbs.cells.NoteEvents(note);
    const { events, notes } = await timeline(task_guid);
    expect(notes).toEqual([]);
    expect(kinds(events).toSorted()).toEqual(['cancelled', 'claimed', 'completed', 'stopping', 'submitted']);
  });

  it('keeps of a thousand verdicts what fits', async () => {
    const { task_guid } = await bbs.tasks.DesireTask(request());
    const { uid } = await bbs.tasks.GetTask({ task_guid });
    for (let n = 0; n < 60; n += 1) {
      const items = [{ task_guid, uid, reason: `insufficient resources: memory (${n})`, never_fits: false }];
      await bbs.placement.RejectTasks({ items });
    }
    const { events } = await timeline(task_guid);
    expect(events).toHaveLength(41);
    expect(events.find(({ kind }) => kind === 'omitted')?.data).toEqual({ events: '21' });
    expect(events.at(-1)?.text).toContain('(59)');
  });
});
