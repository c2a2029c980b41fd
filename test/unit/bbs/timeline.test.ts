import { describe, expect, it } from 'vitest';
import { cellEvents, cellEventsWrites, type Known, merged, ownEvents } from '../../../bbs/timeline.ts';
import { type Command, decide, newTask } from '../../../src/domain/task-machine.ts';
import { followed, type TrailEntry } from '../../../src/domain/trail.ts';
import { runTask } from '../../support/fake-bbs.ts';

const definition = runTask({}, { task_guid: 'g' });
const ending = { failure_code: '', failure_reason: '', oom_killed: false, result: '', result_truncated: false };

/** What becomes of a task on the real machine; one second a command. */
function lived(...commands: readonly Command[]): Known {
  let status = newTask(definition, { uid: 'u', number: 7, created_by: 'ann', now: 1_000n });
  for (const [index, command] of commands.entries()) {
    const decision = decide(status, command, BigInt(index + 2) * 1_000n);
    if (decision.kind !== 'write' || decision.after === undefined) throw new Error(`refused: ${command.type}`);
    status = decision.after;
  }
  const { trail = [], ...rest } = status;
  return { task: { ...definition, ...rest }, trail, tries: [], callbackUrl: 'http://r/x', sealed: undefined };
}

const claim = (attempt: string, cell_id = 'cell-1'): Command => ({ type: 'claim', cell_id, epoch: 1, attempt });
const start = (attempt: string, cell_id = 'cell-1'): Command => ({
  type: 'start',
  cell_id,
  epoch: 1,
  attempt,
  nonce: 'n',
  image_digest: '',
  limits_in_force: {},
});
const complete = (attempt: string, cell_id = 'cell-1'): Command => ({
  type: 'complete',
  cell_id,
  attempt,
  ending: { ...ending, outcome: 'succeeded', result_bytes: 0, exit_code: 0 },
});
const told = (known: Known) => ownEvents(known).map(({ kind, actor, text }) => `${kind} | ${actor} | ${text}`);

describe('what the BBS itself knows', () => {
  it('is the life of a task that went straight through, and cost its record nothing', () => {
    const known = lived(claim('a'), start('a'), complete('a'));
    expect(known.trail).toEqual([]);
    expect(told(known)).toEqual([
      'submitted | ann | submitted by ann',
      'claimed | auctioneer | placed on cell-1',
      'start_committed | cell-1 | cell-1 may start it',
      'completed | cell-1 | succeeded',
    ]);
  });

  it('remembers verdicts, cells that gave it back, and those that were lost', () => {
    const known = lived(
      { type: 'reject', reason: 'insufficient resources: memory', never_fits: false },
      claim('a'),
      { type: 'release', cell_id: 'cell-1', attempt: 'a', code: 'image_unavailable', reason: 'registry away' },
      claim('b', 'cell-2'),
      { type: 'unclaim', attempt: 'b', reason: 'cell cell-2 was lost' },
      claim('c', 'cell-3'),
      start('c', 'cell-3'),
      { type: 'adopt', cell_id: 'cell-3', attempt: 'c', epoch: 2 },
      complete('c', 'cell-3'),
    );
    expect(told(known)).toEqual([
      'submitted | ann | submitted by ann',
      'waiting | auctioneer | not placed: insufficient resources: memory',
      'claimed | auctioneer | placed on cell-1',
      'released | cell-1 | given back: registry away',
      'claimed | auctioneer | placed on cell-2',
      'unclaimed | bbs | given back: cell cell-2 was lost',
      'claimed | auctioneer | placed on cell-3',
      'start_committed | cell-3 | cell-3 may start it',
      'adopted | cell-3 | cell-3 came back and goes on',
      'completed | cell-3 | succeeded',
    ]);
    const causes = ownEvents(known).map(({ cause }) => cause);
    expect(causes).toContain('image_unavailable');
  });

  it.each<[string, Command[], string[]]>([
    [
      'cancelled',
      [claim('a'), { type: 'cancel', reason: 'enough', by: 'bob' }],
      ['cancelled | bob | cancelled by bob: enough', 'completed | bob | cancelled: task was cancelled: enough'],
    ],
    [
      'never fits',
      [{ type: 'reject', reason: 'insufficient resources: memory', never_fits: true }],
      ['submitted | ann | submitted by ann', 'completed | auctioneer | unplaced: insufficient resources: memory'],
    ],
    [
      'lost',
      [claim('a'), start('a'), { type: 'lose', attempt: 'a', epoch: 1 }],
      ['start_committed | cell-1 | cell-1 may start it', 'completed | bbs | lost: cell disappeared before completion'],
    ],
  ])('says who ended it: %s', (_name, commands, last) => {
    expect(told(lived(...commands)).slice(-2)).toEqual(last);
  });

  it('tells every try of the callback, and the resolution', () => {
    const known = lived(claim('a'), start('a'), complete('a'));
    const tries = [
      { at: '6000', status: 503, error: '' },
      { at: '7000', status: 0, error: 'connection refused' },
      { at: '8000', status: 200, error: '' },
    ];
    const sealed = { resolved_at: '9000', resolved_by: 'callback' } as const;
    expect(told({ ...known, tries, sealed }).slice(-4)).toEqual([
      'callback | bbs | 503 from http://r/x, attempt 1',
      'callback | bbs | connection refused from http://r/x, attempt 2',
      'callback | bbs | 200 from http://r/x, attempt 3',
      'resolved | bbs | resolved: its receiver has it',
    ]);
  });
});

describe('the story of several tellers', () => {
  const own = ownEvents(lived(claim('a'), start('a'), complete('a')));
  const seen = (...events: readonly [kind: string, at: bigint][]) =>
    cellEvents(
      'cell-1',
      'a',
      events.map(([k, at]) => ({ t: at.toString(), c: 'rep', k, x: k })),
    );
  const kinds = (...args: Parameters<typeof merged>) => merged(...args).map(({ kind }) => kind);
  const right = ['submitted', 'claimed', 'image_ready', 'start_committed', 'started', 'exited', 'completed', 'removed'];

  it('is in the order of time', () => {
    const cell = seen(['image_ready', 2_500n], ['started', 3_100n], ['exited', 3_900n], ['removed', 4_100n]);
    expect(kinds(own, [cell])).toEqual(right);
  });

  it.each([
    ['ahead', 1_000_000n],
    ['behind', -1_000_000n],
    ['a little ahead', 1_200n],
  ])('keeps cause before effect with a clock that is %s', (_name, off) => {
    const cell = seen(
      ['image_ready', 2_500n + off],
      ['started', 3_100n + off],
      ['exited', 3_900n + off],
      ['removed', 4_100n + off],
    );
    expect(kinds(own, [cell])).toEqual(right);
    expect(merged(own, [cell]).find(({ kind }) => kind === 'exited')?.time).toBe(3_900n + off);
  });
});

describe('bounds', () => {
  it('of the trail: forty entries, the first and the last ones, and how many are gone', () => {
    let trail: readonly TrailEntry[] = [];
    for (let at = 1; at <= 500; at += 1) trail = followed(trail, { at: String(at), kind: 'waiting', text: `t${at}` });
    expect(trail).toHaveLength(40);
    expect(trail[0]?.text).toBe('t1');
    expect(trail[9]?.text).toBe('t10');
    expect(trail[10]).toMatchObject({ kind: 'omitted', count: 461, at: expect.stringMatching(/^\d+$/) });
    expect(trail.at(-1)?.text).toBe('t500');
    expect(Number(trail[11]?.at)).toBe(472);
  });

  it('of what a cell tells: eight KiB, and not of every release', () => {
    const events = Array.from({ length: 500 }, (_, t) => ({ t: String(t), c: 'rep', k: 'k', x: 'x'.repeat(300) }));
    const [write] = cellEventsWrites('c', 'a', events, 'end')({ number: 1, rejection_count: 100 });
    expect(write !== undefined && 'put' in write && write.value.length).toBeLessThan(9_000);
    expect(cellEventsWrites('c', 'a', events, 'release')({ number: 1, rejection_count: 8 })).toEqual([]);
    expect(cellEventsWrites('c', 'a', [], 'end')({ number: 1, rejection_count: 0 })).toEqual([]);
  });
});
