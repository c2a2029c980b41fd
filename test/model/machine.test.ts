import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextDeadline, type TaskPolicy } from '../../src/domain/deadlines.ts';
import { msToNanos } from '../../src/domain/duration.ts';
import type { TaskStatus } from '../../src/domain/task.ts';
import { type Command, decide, newTask } from '../../src/domain/task-machine.ts';
import type { Revision } from '../faults/checker.ts';
import { sampleTask } from '../support/sample-task.ts';
import { ALL_ENDS, type Answer, type Bbs, endsOf, ops, TASK_MB, World } from './world.ts';

const POLICY: TaskPolicy = {
  placementDeadlineMs: 2_000,
  claimDeadlineMs: 500,
  resolvingTimeoutMs: 300,
  retentionMs: 1_000,
  lostGraceMs: 200,
};
const START = 1_764_000_000_000_000_000n;

/** The least BBS there can be: the pure machine, a map, and a counter as its clock. */
class Machine implements Bbs {
  readonly #tasks = new Map<string, TaskStatus>();
  readonly #keys = new Map<string, { uid: string; status: () => TaskStatus | undefined }>();
  readonly #cells = new Map<string, { epoch: number; incarnation: string }>();
  readonly #lostAt = new Map<string, bigint>();
  readonly #history: Revision[] = [];
  #revision = 0;
  #number = 0;
  #now = START;
  #wrong = 0n;

  async desire(guid: string, requestKey: string): Promise<Answer> {
    const known = this.#keys.get(requestKey);
    if (known !== undefined) return { code: '', uid: known.uid };
    const there = this.#tasks.get(guid);
    if (there !== undefined) return { code: '', uid: there.uid };
    this.#number += 1;
    const uid = randomUUID();
    const birth = { uid, number: this.#number, created_by: 'me', now: this.#wall() };
    this.#keys.set(requestKey, { uid, status: () => this.#tasks.get(guid) });
    const spec = text({ memory_mb: TASK_MB });
    this.#put(guid, newTask(sampleTask({ task_guid: guid }), birth));
    this.#history.push({ revision: this.#revision, key: `spec/${uid}`, value: spec });
    return { code: '', uid };
  }

  async command(guid: string, command: Command, fence?: { cell: string; epoch: number }): Promise<Answer> {
    const task = this.#tasks.get(guid);
    if (task === undefined) return { code: 'not_found' };
    const decision = decide(task, command, this.#wall());
    if (decision.kind === 'refused') return { code: decision.error.code };
    if (decision.kind === 'same') return { code: '' };
    if (fence !== undefined && this.#cells.get(fence.cell)?.epoch !== fence.epoch) return { code: 'stale_attempt' };
    this.#put(guid, decision.after, task);
    return { code: '' };
  }

  async register(cell: string, incarnation: string, replaces: string): Promise<number | undefined> {
    const held = this.#cells.get(cell);
    if (held !== undefined && held.incarnation === replaces) await this.endLease(cell);
    else if (held !== undefined) return held.incarnation === incarnation ? held.epoch : undefined;
    this.#revision += 1;
    this.#cells.set(cell, { epoch: this.#revision, incarnation });
    this.#history.push({ revision: this.#revision, key: `cell/${cell}`, value: '{}' });
    return this.#revision;
  }

  async endLease(cell: string): Promise<void> {
    if (!this.#cells.delete(cell)) return;
    for (const task of this.#tasks.values())
      if (task.cell_id === cell) this.#lostAt.set(`${task.uid} ${task.epoch}`, this.#now);
    this.#revision += 1;
    this.#history.push({ revision: this.#revision, key: `cell/${cell}`, value: undefined });
  }

  async look(guid: string): Promise<TaskStatus | undefined> {
    return this.#tasks.get(guid);
  }

  setClock(ms: number): void {
    this.#wrong = msToNanos(Math.abs(ms)) * (ms < 0 ? -1n : 1n);
  }

  #wall(): bigint {
    return this.#now + this.#wrong;
  }

  async pass(ms: number): Promise<void> {
    this.#now += msToNanos(ms);
    for (const [guid, task] of this.#tasks) {
      const due = this.#due(task);
      if (due !== undefined) await this.command(guid, due);
    }
  }

  async settled(): Promise<void> {
    // Everything is done when it is answered.
  }

  async history(): Promise<readonly Revision[]> {
    return this.#history;
  }

  /** As the converger has it: by deadline, and by the loss of the cell, after its grace for what runs. */
  #due(task: TaskStatus): Command | undefined {
    const held = task.state === 'CLAIMED' || task.state === 'RUNNING';
    const key = `${task.uid} ${task.epoch}`;
    if (held && this.#cells.get(task.cell_id)?.epoch !== task.epoch) {
      if (task.state === 'CLAIMED') return { type: 'unclaim', attempt: task.attempt, reason: 'lost' };
      const since = this.#lostAt.get(key) ?? this.#now;
      const over = this.#now >= since + msToNanos(POLICY.lostGraceMs);
      return over ? { type: 'lose', attempt: task.attempt, epoch: task.epoch } : undefined;
    }
    const deadline = nextDeadline(task, {}, POLICY);
    return deadline !== undefined && deadline.at <= this.#wall() ? deadline.command : undefined;
  }

  #put(guid: string, after: TaskStatus | undefined, before?: TaskStatus): void {
    this.#revision += 1;
    if (after === undefined) this.#tasks.delete(guid);
    else this.#tasks.set(guid, after);
    this.#history.push({ revision: this.#revision, key: `task/${guid}`, value: after && text(after) });
    if (after !== undefined || before === undefined) return;
    this.#history.push({ revision: this.#revision, key: `spec/${before.uid}`, value: undefined });
    const sealed = `${text({ uid: before.uid })}\n${text(before)}`;
    this.#history.push({ revision: this.#revision, key: `history/${before.number}`, value: sealed });
  }
}

const text = (value: object) =>
  JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));

describe('the pure machine', () => {
  it('keeps every invariant in 2,000 random histories of up to 60 commands', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(ops(60, 400), async (commands) => {
        const machine = new Machine();
        expect(await new World(machine, 'm').live(commands)).toEqual([]);
        for (const end of endsOf(await machine.history())) reached.add(end);
      }),
      { numRuns: Number(process.env['GAVEL_MODEL_RUNS'] ?? 2_000) },
    );
    // Histories that never come anywhere would keep every invariant, too.
    expect([...reached].toSorted()).toEqual(ALL_ENDS);
  });
});
