import { describe, expect, it } from 'vitest';
import { check, type Evidence, type Revision } from './checker.ts';

/** A referee that never found anything proves nothing: each guard of the real system is broken here once, in a history, and must be seen. */

const CLEAN = {
  uid: 'u1',
  task_guid: 'g',
  cell_id: '',
  epoch: 0,
  attempt: '',
  nonce: '',
  outcome: '',
  result: '',
  failure_reason: '',
  created_at: '2',
  claimed_at: '0',
  started_at: '0',
  first_completed_at: '0',
  number: 1,
};
const CLAIM = { cell_id: 'c', epoch: 1, attempt: 'a' };
const RAN = { ...CLAIM, nonce: 'n' };
const DONE = { ...RAN, outcome: 'succeeded', result: 'r', first_completed_at: '5' };

type Fields = Readonly<Record<string, unknown>>;
const task = (revision: number, state: string, over: Fields = {}): Revision => ({
  revision,
  key: 'task/g',
  value: JSON.stringify({ ...CLEAN, state, updated_at: String(revision), ...over }),
});
const cell = (revision: number, value: string | undefined = '{}'): Revision => ({ revision, key: 'cell/c', value });
const spec = (revision: number, url = ''): Revision => ({
  revision,
  key: 'spec/u1',
  value: JSON.stringify({ memory_mb: 100, completion_callback_url: url }),
});
const gone = (revision: number, key: string): Revision => ({ revision, key, value: undefined });
const sealed = (revision: number, outcome = 'succeeded'): Revision => ({
  revision,
  key: 'history/1',
  value: `${JSON.stringify({ uid: 'u1' })}\n${JSON.stringify({ outcome })}`,
});

const LIFE = [
  cell(1),
  spec(2),
  task(2, 'PENDING'),
  task(3, 'CLAIMED', CLAIM),
  task(4, 'RUNNING', RAN),
  task(5, 'COMPLETED', DONE),
  task(6, 'RESOLVING', DONE),
  gone(7, 'task/g'),
  gone(7, 'spec/u1'),
  sealed(7),
];
const START = { guid: 'g', id: 'p1' };
const WHOLE: Evidence = { history: LIFE, accepted: [{ guid: 'g', uid: 'u1' }], starts: [START], finished: true };

/** The history up to a revision, then something else. */
const until = (revision: number, ...more: Revision[]) => [...LIFE.filter((one) => one.revision <= revision), ...more];

describe('the referee', () => {
  it('has nothing to say about a life by the rules', () => {
    expect(check(WHOLE)).toEqual([]);
  });

  it('has nothing to say about an adoption, a release and an honest loss', () => {
    const history = until(
      3,
      task(4, 'PENDING'),
      task(5, 'CLAIMED', { ...CLAIM, attempt: 'b' }),
      task(6, 'RUNNING', { ...RAN, attempt: 'b' }),
      gone(7, 'cell/c'),
      cell(8),
      task(9, 'RUNNING', { ...RAN, attempt: 'b', epoch: 8 }),
      gone(10, 'cell/c'),
      task(11, 'COMPLETED', { ...RAN, attempt: 'b', epoch: 8, outcome: 'lost' }),
    );
    expect(check({ ...WHOLE, history })).toEqual([]);
  });

  it.each<[string, string, Evidence]>([
    ['a second start, by the ledger', 'I1', { ...WHOLE, starts: [START, { guid: 'g', id: 'p2' }] }],
    ['a start that nobody allowed', 'I1', { ...WHOLE, history: until(3), finished: false }],
    [
      'RUNNING a second time',
      'I1',
      {
        history: until(
          4,
          task(5, 'PENDING'),
          task(6, 'CLAIMED', { ...CLAIM, attempt: 'b' }),
          task(7, 'RUNNING', { ...RAN, attempt: 'b', nonce: 'm' }),
        ),
      },
    ],
    ['RUNNING back to PENDING', 'I5', { history: until(4, task(5, 'PENDING')) }],
    ['PENDING straight to RUNNING', 'I5', { history: until(2, task(3, 'RUNNING', RAN)) }],
    ['a life that comes back', 'I5', { history: [...LIFE, task(8, 'PENDING')] }],
    ['a task that was accepted and never stored', 'I2', { ...WHOLE, accepted: [{ guid: 'x', uid: 'u9' }] }],
    ['a task that left without a record', 'I2', { ...WHOLE, history: LIFE.filter(({ key }) => key !== 'history/1') }],
    ['a life overwritten by another', 'I2', { history: until(3, task(4, 'PENDING', { uid: 'u2' })) }],
    ['an outcome that changes', 'I4', { history: until(5, task(6, 'RESOLVING', { ...DONE, outcome: 'lost' })) }],
    ['a result that changes', 'I4', { history: until(5, task(6, 'RESOLVING', { ...DONE, result: 'x' })) }],
    ['a record that changes', 'I4', { history: [...LIFE, sealed(8, 'lost')] }],
    [
      'a callback that tells another outcome',
      'I4',
      { ...WHOLE, callbacks: [{ webhookId: 'u1', body: '{"outcome":"lost"}', answered: 200 }] },
    ],
    ['an attempt used twice', 'I6', { history: until(3, task(4, 'PENDING'), task(5, 'CLAIMED', CLAIM)) }],
    ['a claim under an epoch that is over', 'I6', { history: until(2, task(3, 'CLAIMED', { ...CLAIM, epoch: 9 })) }],
    ['a claim for a cell that is away', 'I6', { history: until(2, gone(3, 'cell/c'), task(4, 'CLAIMED', CLAIM)) }],
    ['a start by a zombie', 'I10', { history: until(3, gone(4, 'cell/c'), task(5, 'RUNNING', RAN)) }],
    ['a start by another attempt', 'I10', { history: until(3, task(4, 'RUNNING', { ...RAN, attempt: 'z' })) }],
    ['a start without a nonce', 'I10', { history: until(3, task(4, 'RUNNING', CLAIM)) }],
    ['an adoption under an epoch that is over', 'I10', { history: until(4, task(5, 'RUNNING', { ...RAN, epoch: 9 })) }],
    ['a nonce that changes while it runs', 'I10', { history: until(4, task(5, 'RUNNING', { ...RAN, nonce: 'm' })) }],
    [
      'lost while its cell has its place',
      'I13',
      { history: until(4, task(5, 'COMPLETED', { ...DONE, outcome: 'lost' })) },
    ],
    ['a cell key overwritten', 'I10', { history: [cell(1), cell(2)] }],
    [
      'a start before its claim',
      'I22',
      { history: until(3, task(4, 'RUNNING', { claimed_at: '9', started_at: '8' })) },
    ],
    ['a record older than the one before', 'I22', { history: until(3, task(4, 'PENDING', { updated_at: '2' })) }],
    ['more than a cell has', 'I7', { history: until(4), capacity: { c: 50 } }],
    [
      'a callback that nobody heard of',
      'I8',
      {
        ...WHOLE,
        history: LIFE.map((one) => (one.key === 'spec/u1' && one.value !== undefined ? spec(2, 'http://x/') : one)),
      },
    ],
    ['a callback for no task', 'I8', { ...WHOLE, callbacks: [{ webhookId: 'u9', body: '{}', answered: 200 }] }],
    ['a task that never ends', 'I15', { history: until(4), finished: true }],
    ['a container that is left', 'I16', { ...WHOLE, containers: ['gavel-x'] }],
    [
      'a definition that is left',
      'I18',
      { ...WHOLE, history: LIFE.filter(({ key, value }) => key !== 'spec/u1' || value !== undefined) },
    ],
    ['a history out of order', 'order', { history: [cell(2), spec(1)] }],
  ])('sees %s', (_name, invariant, evidence) => {
    expect(check(evidence).map((one) => one.invariant)).toContain(invariant);
  });
});
