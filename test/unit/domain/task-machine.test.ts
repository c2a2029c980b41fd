import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TASK_STATES, type TaskState, type TaskStatus } from '../../../src/domain/task.ts';
import { type Command, decide, MOVES, newTask } from '../../../src/domain/task-machine.ts';
import { SUCCEEDED, sampleTask } from '../../support/sample-task.ts';

const NOW = 1_764_000_000_123_456_789n;
const fresh = (): TaskStatus => newTask(sampleTask(), { uid: 'u', number: 1, created_by: 'me', now: NOW });

const COMMANDS: { [T in Command['type']]: Extract<Command, { type: T }> } = {
  claim: { type: 'claim', cell_id: 'c', epoch: 5, attempt: 'a' },
  start: { type: 'start', cell_id: 'c', epoch: 5, attempt: 'a', nonce: 'n', image_digest: 'd', limits_in_force: {} },
  release: { type: 'release', cell_id: 'c', attempt: 'a', code: 'x', reason: 'no room' },
  unclaim: { type: 'unclaim', attempt: 'a', reason: 'cell gone' },
  adopt: { type: 'adopt', cell_id: 'c', attempt: 'a', epoch: 6 },
  complete: { type: 'complete', cell_id: 'c', attempt: 'a', ending: SUCCEEDED },
  cancel: { type: 'cancel', reason: '' },
  cancel_at_checkpoint: { type: 'cancel_at_checkpoint', reason: '' },
  reject: { type: 'reject', reason: 'never', never_fits: true },
  input: { type: 'input' },
  expire: { type: 'expire' },
  lose: { type: 'lose', attempt: 'a', epoch: 5 },
  resolve: { type: 'resolve' },
  demote: { type: 'demote' },
  remove: { type: 'remove' },
  prune: { type: 'prune' },
};

/** The task after these commands, each of which must be taken. */
function after(...types: Command['type'][]): TaskStatus {
  let task = fresh();
  for (const type of types) {
    const decision = decide(task, COMMANDS[type], NOW + 1n);
    if (decision.kind !== 'write' || decision.after === undefined)
      throw new Error(`${type} was not taken in ${task.state}`);
    task = decision.after;
  }
  return task;
}

const IN_STATE: Record<TaskState, TaskStatus> = {
  PENDING: fresh(),
  CLAIMED: after('claim'),
  RUNNING: after('claim', 'start'),
  COMPLETED: after('claim', 'start', 'complete'),
  RESOLVING: after('claim', 'start', 'complete', 'resolve'),
};

describe('the state machine', () => {
  const cases = TASK_STATES.flatMap((state) =>
    (Object.keys(COMMANDS) as Command['type'][]).map((type) => ({ state, type })),
  );

  it.each(cases)('$type in $state', ({ state, type }) => {
    const decision = decide(IN_STATE[state], COMMANDS[type], NOW + 2n);
    const legal = (MOVES[type].from as readonly TaskState[]).includes(state);
    if (type === 'input') {
      // Only what has an input waits for one.
      expect(decision.kind).toBe('refused');
      return;
    }
    if (legal) {
      expect(decision.kind).toBe('write');
      const to = type === 'cancel_at_checkpoint' && state === 'RUNNING' ? 'RUNNING' : MOVES[type].to;
      if (decision.kind === 'write') expect(decision.after?.state).toBe(to);
      return;
    }
    // Repeats are answered as the first time; anything else is refused in the words clients match.
    const repeated =
      ((type === 'cancel' || type === 'cancel_at_checkpoint') && (state === 'COMPLETED' || state === 'RESOLVING')) ||
      (type === 'start' && state === 'RUNNING') ||
      (type === 'complete' && (state === 'COMPLETED' || state === 'RESOLVING'));
    expect(decision.kind).toBe(repeated ? 'same' : 'refused');
    if (decision.kind === 'refused')
      expect(decision.error.message).toMatch(new RegExp(`^cannot transition from ${state} to `));
  });

  it('lets nobody but the try with the nonce go on', () => {
    expect(decide(IN_STATE.RUNNING, { ...COMMANDS.start, nonce: 'other' }, NOW)).toMatchObject({ kind: 'refused' });
    expect(decide(IN_STATE.CLAIMED, { ...COMMANDS.start, attempt: 'other' }, NOW)).toMatchObject({
      kind: 'refused',
      error: { code: 'stale_attempt' },
    });
    expect(decide(IN_STATE.CLAIMED, { ...COMMANDS.start, epoch: 4 }, NOW)).toMatchObject({
      kind: 'refused',
      error: { code: 'stale_attempt' },
    });
    expect(decide(IN_STATE.RUNNING, { ...COMMANDS.complete, cell_id: 'other' }, NOW)).toMatchObject({
      kind: 'refused',
      error: { code: 'stale_attempt' },
    });
  });

  it('takes epoch 0, which is that of no cell, for nobody', () => {
    for (const [state, type] of [
      ['PENDING', 'claim'],
      ['CLAIMED', 'start'],
      ['RUNNING', 'adopt'],
    ] as const)
      expect(decide(IN_STATE[state], { ...COMMANDS[type], epoch: 0 }, NOW)).toMatchObject({ kind: 'refused' });
  });

  it('loses the placement that was lost, not one that was adopted meanwhile', () => {
    const adopted = decide(IN_STATE.RUNNING, COMMANDS.adopt, NOW);
    if (adopted.kind !== 'write' || adopted.after === undefined) throw new Error('not adopted');
    expect(decide(adopted.after, COMMANDS.lose, NOW)).toMatchObject({ error: { code: 'stale_attempt' } });
  });

  it('keeps the first outcome whatever comes later', () => {
    const cancelled = after('claim', 'start', 'cancel');
    expect(decide(cancelled, COMMANDS.complete, NOW)).toMatchObject({
      kind: 'refused',
      error: { code: 'stale_attempt' },
    });
    expect(decide(IN_STATE.COMPLETED, COMMANDS.cancel, NOW)).toEqual({ kind: 'same' });
  });

  it('gives no result to a failure, and keeps where it ran', () => {
    const decision = decide(
      IN_STATE.RUNNING,
      {
        ...COMMANDS.complete,
        ending: { ...SUCCEEDED, outcome: 'failed', failure_reason: 'LOG: Exited with status 3', exit_code: 3 },
      },
      NOW,
    );
    if (decision.kind !== 'write') throw new Error('not taken');
    expect(decision.after).toMatchObject({
      failed: true,
      result: '',
      result_bytes: 0,
      exit_code: 3,
      cell_id: 'c',
      failure_reason: 'LOG: Exited with status 3',
    });
  });

  it('tells a running task how to stop, and a waiting one nothing', () => {
    expect(after('cancel').stop_request).toBeUndefined();
    expect(after('claim', 'start', 'cancel').stop_request).toEqual({ reason: 'task was cancelled' });
  });

  it('lets what runs come to its checkpoint, with the reason of the first who asked; a kill does not wait', () => {
    const asked = decide(IN_STATE.RUNNING, { type: 'cancel_at_checkpoint', reason: 'enough' }, NOW);
    if (asked.kind !== 'write' || asked.after === undefined) throw new Error('not taken');
    expect(asked.after).toMatchObject({ state: 'RUNNING', outcome: '', failed: false });
    expect(asked.after.waiting_for).not.toBe('');
    expect(decide(asked.after, { type: 'cancel_at_checkpoint', reason: 'again' }, NOW)).toEqual({ kind: 'same' });
    const ending = { ...SUCCEEDED, outcome: 'cancelled', failure_reason: 'task was cancelled' } as const;
    expect(decide(asked.after, { ...COMMANDS.complete, ending }, NOW)).toMatchObject({
      after: {
        state: 'COMPLETED',
        outcome: 'cancelled',
        failure_reason: 'task was cancelled: enough',
        waiting_for: '',
      },
    });
    expect(decide(asked.after, { type: 'cancel', reason: 'now', grace_ms: 0 }, NOW)).toMatchObject({
      after: { state: 'COMPLETED', failure_reason: 'task was cancelled: now', stop_request: { grace_ms: 0 } },
    });
    // The last step had begun: it did all of its work.
    expect(decide(asked.after, COMMANDS.complete, NOW)).toMatchObject({
      after: { outcome: 'succeeded', failed: false },
    });
  });

  it('gives a task that waits for its input to nobody, until the input is there', () => {
    const birth = { uid: 'u', number: 1, created_by: 'me', now: NOW };
    const held = newTask(sampleTask({ input_dir: '/in' }), birth);
    expect(held.waiting_for).toMatch(/^awaiting_input/);
    for (const type of ['claim', 'reject'] as const)
      expect(decide(held, COMMANDS[type], NOW)).toMatchObject({ error: { code: 'invalid_transition' } });
    expect(decide(held, COMMANDS.expire, NOW)).toMatchObject({
      after: { outcome: 'unplaced', failure_reason: 'not started within time limit: its input was not uploaded' },
    });
    expect(decide(held, COMMANDS.cancel, NOW)).toMatchObject({ after: { outcome: 'cancelled' } });
    const released = decide(held, COMMANDS.input, NOW);
    if (released.kind !== 'write' || released.after === undefined) throw new Error('not taken');
    expect(released.after).not.toHaveProperty('awaiting_input');
    expect(decide(released.after, COMMANDS.claim, NOW).kind).toBe('write');
    expect(decide(released.after, COMMANDS.input, NOW)).toMatchObject({ error: { code: 'invalid_transition' } });
  });

  it('says why it waits, always', () => {
    for (const task of [fresh(), after('claim', 'release'), after('claim', 'unclaim')]) {
      expect(task.state).toBe('PENDING');
      expect(task.waiting_for).not.toBe('');
      expect(task.cell_id).toBe('');
    }
  });

  it('pauses longer after each release, up to half a minute', () => {
    let task = fresh();
    const pauses: bigint[] = [];
    for (let i = 0; i < 12; i += 1) {
      const claimed = decide(task, COMMANDS.claim, NOW);
      if (claimed.kind !== 'write' || claimed.after === undefined) throw new Error('not claimed');
      const released = decide(claimed.after, COMMANDS.release, NOW);
      if (released.kind !== 'write' || released.after === undefined) throw new Error('not released');
      task = released.after;
      pauses.push((task.not_before - NOW) / 1_000_000n);
    }
    expect(pauses.slice(0, 4)).toEqual([250n, 500n, 1_000n, 2_000n]);
    expect(pauses.at(-1)).toBe(30_000n);
  });

  it('never starts twice, never changes an outcome, never leaves its table, whatever is thrown at it', () => {
    const ids = fc.constantFrom('a', 'b', 'c');
    const command: fc.Arbitrary<Command> = fc
      .tuple(fc.constantFrom(...(Object.keys(COMMANDS) as Command['type'][])), ids, ids, fc.integer({ min: 4, max: 6 }))
      .map(([type, id, nonce, epoch]) => {
        const base = COMMANDS[type];
        return {
          ...base,
          ...('attempt' in base ? { attempt: id } : {}),
          ...('epoch' in base ? { epoch } : {}),
          ...('nonce' in base ? { nonce } : {}),
        };
      });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let task: TaskStatus | undefined = fresh();
        let starts = 0;
        let outcome = '';
        for (const next of commands) {
          if (task === undefined) break;
          const decision = decide(task, next, NOW);
          if (decision.kind !== 'write') continue;
          expect(MOVES[next.type].from).toContain(task.state);
          if (next.type === 'start') starts += 1;
          if (outcome !== '' && decision.after !== undefined) expect(decision.after.outcome).toBe(outcome);
          task = decision.after;
          if (task !== undefined && task.outcome !== '') outcome = task.outcome;
          if (task?.state === 'PENDING') expect(task).toMatchObject({ cell_id: '', attempt: '', epoch: 0 });
        }
        expect(starts).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not go back in time when the next command is judged by a clock that is late', () => {
    const claim = { type: 'claim', cell_id: 'c', epoch: 1, attempt: 'a' } as const;
    const claimed = decide(fresh(), claim, NOW - 5_000n);
    expect(claimed).toMatchObject({ kind: 'write', after: { created_at: NOW, claimed_at: NOW, updated_at: NOW } });
  });
});
