import type { Logger } from 'pino';
import { nextDeadline, placementDeadline, type TaskPolicy } from '../src/domain/deadlines.ts';
import { nanosToMs } from '../src/domain/duration.ts';
import { DomainError, errorText, isDomainError } from '../src/domain/errors.ts';
import type { Command } from '../src/domain/task-machine.ts';
import type { Clock } from '../src/platform/clock.ts';
import { aborted } from '../src/platform/group.ts';
import { DueQueue } from './due-queue.ts';
import { cellKey } from './keys.ts';
import { definitionOf, type LiveTask } from './live-task.ts';
import type { DeliveryRecord } from './records.ts';
import type { Tasks, TransitionOptions } from './tasks.ts';
import type { View, ViewChange } from './view.ts';

export interface ConvergerDeps {
  readonly view: View;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly policy: TaskPolicy;
  /** How long yet, in milliseconds, what runs on this cell is not called lost although the cell is away; undefined = now it may be. */
  readonly sparedMs: (cellId: string) => number | undefined;
  readonly log: Logger;
}

interface Due {
  /**
   * Milliseconds of the monotonic clock: when the wall clock is set forward, a cell that is cut off still has its grace to stop what is
   * to be called lost, and nothing that was planned comes early.
   */
  readonly at: number;
  readonly guid: string;
  /** The record this was computed from; an older one's entry is skipped when it comes up. */
  readonly revision: number;
  readonly command: Command;
  /** Of a loss: the epoch of the task's cell when it was planned, 0 = none. A cell that has come back since has a grace of its own to adopt. */
  readonly cellEpoch?: number;
}

const RETRY_MS = 2_000;
const AT_ONCE = 64;
const LONGEST_TIMER_MS = 60_000;

/**
 * What time alone does to tasks, and what the loss of a cell does. Driven by changes and timers: its cost follows what
 * changes, not what is stored. One BBS runs it at a time; two for a moment do no harm.
 */
export async function converge(deps: ConvergerDeps, signal: AbortSignal): Promise<void> {
  const { view, clock, log } = deps;
  // Whatever moves a task changes its revision.
  const isOver = ({ guid, revision }: Due) => view.task(guid)?.revision !== revision;
  const queue = new DueQueue<Due>(isOver, () => view.taskCount);
  let timer: NodeJS.Timeout | undefined;
  let running = 0;

  const arm = () => {
    clearTimeout(timer);
    const next = queue.peek();
    if (next === undefined || signal.aborted || running >= AT_ONCE) return;
    timer = setTimeout(fire, Math.max(0, Math.min(next.at - clock.monotonicMs(), LONGEST_TIMER_MS)));
  };
  const fire = () => {
    const now = clock.monotonicMs();
    for (let next = queue.peek(); next !== undefined && next.at <= now && running < AT_ONCE; next = queue.peek()) {
      queue.pop();
      if (isOver(next)) continue;
      running += 1;
      void carryOut(next).finally(() => {
        running -= 1;
        arm();
      });
    }
    arm();
  };
  const carryOut = async (due: Due): Promise<void> => {
    const task = view.task(due.guid);
    if (task === undefined) return;
    // A cell that holds its place never loses what it runs.
    if (due.command.type === 'lose') {
      const epoch = view.cell(task.status.cell_id)?.epoch ?? 0;
      if (epoch === task.status.epoch || epoch !== due.cellEpoch) return;
      const spared = deps.sparedMs(task.status.cell_id);
      if (spared !== undefined) {
        queue.push({ ...due, at: clock.monotonicMs() + spared });
        return;
      }
    }
    try {
      // What was due is this life's: a guid may be used again while the commit is on its way.
      const options = { uid: task.status.uid, ...optionsFor(deps, task, due.command) };
      await deps.tasks.transition(due.guid, due.command, options);
      log.info({ guid: due.guid, command: due.command.type }, 'task.converged');
    } catch (error) {
      // Somebody else moved it: its next change brings its next deadline.
      if (
        isDomainError(error, 'not_found') ||
        isDomainError(error, 'invalid_transition') ||
        isDomainError(error, 'stale_attempt')
      )
        return;
      log.warn({ guid: due.guid, command: due.command.type, error: errorText(error) }, 'task.converge-failed');
      queue.push({ ...due, at: clock.monotonicMs() + RETRY_MS });
    }
  };
  const plan = (task: LiveTask) => {
    const due = dueOf(deps, task);
    if (due === undefined) return;
    queue.push(due);
    if (queue.peek() === due) arm();
  };
  const all = () => {
    for (const task of view.tasks()) plan(task);
  };
  const change = (what: ViewChange) => {
    if (what.kind === 'reset') all();
    else if (what.kind === 'task' && what.after !== undefined) plan(what.after);
    else if (what.kind === 'cell' || what.kind === 'drain') for (const task of view.tasksOfCell(what.id)) plan(task);
  };
  const unlisten = view.listen(change);
  all();
  await aborted(signal);
  unlisten();
  clearTimeout(timer);
}

function dueOf(deps: ConvergerDeps, task: LiveTask): Due | undefined {
  const { guid, state, revision } = task;
  const due = (inMs: number, command: Command): Due => {
    return { at: deps.clock.monotonicMs() + inMs, guid, revision, command };
  };
  if (state === 'PENDING') {
    // Hardly a task has a deadline of its own, and all that wait are looked at when this process becomes the leader.
    const own = task.spec?.mentionsDeadline === true ? definitionOf(task) : {};
    const { at, command } = placementDeadline(task.createdAt, own, deps.policy);
    return due(nanosToMs(at) - deps.clock.nowMs(), command);
  }
  const { status } = task;
  if (
    (status.state === 'CLAIMED' || status.state === 'RUNNING') &&
    deps.view.cell(status.cell_id)?.epoch !== status.epoch
  ) {
    // A claim that never started can go elsewhere at once: its start can no longer commit. What runs gets its grace, so that a
    // cell that comes back can adopt it, and one that is cut off has stopped it before it is called lost.
    return status.state === 'CLAIMED'
      ? due(0, { type: 'unclaim', attempt: status.attempt, reason: `cell ${status.cell_id} was lost` })
      : {
          ...due(deps.policy.lostGraceMs, { type: 'lose', attempt: status.attempt, epoch: status.epoch }),
          cellEpoch: deps.view.cell(status.cell_id)?.epoch ?? 0,
        };
  }
  if (status.state === 'CLAIMED' && deps.view.drain(status.cell_id) !== undefined)
    return due(0, {
      type: 'unclaim',
      attempt: status.attempt,
      reason: `cell ${status.cell_id} is draining`,
    });
  const deadline = nextDeadline(status, {}, deps.policy);
  return deadline === undefined ? undefined : due(nanosToMs(deadline.at) - deps.clock.nowMs(), deadline.command);
}

function optionsFor(deps: ConvergerDeps, task: LiveTask, command: Command): TransitionOptions {
  if (command.type === 'prune') {
    const owed = deps.view.owed(task.status.uid);
    const delivery: DeliveryRecord | undefined =
      owed === undefined
        ? undefined
        : {
            url: owed.url,
            state: owed.dead === true ? 'dead' : 'pending',
            attempts: owed.attempts,
            last_status: owed.last_status,
            last_error: owed.last_error,
            ...(owed.tries === undefined ? {} : { tries: owed.tries }),
          };
    return { resolvedBy: 'expired', ...(delivery === undefined ? {} : { delivery }) };
  }
  if (command.type !== 'lose' && command.type !== 'unclaim') return {};
  // The cell must still be as lost as it was when this was decided: adopted in between, or never gone, and the commit fails.
  const cell = deps.view.cell(task.status.cell_id);
  if (cell?.epoch === task.status.epoch) return {};
  return {
    guards: [{ key: cellKey(task.status.cell_id), createRevision: cell?.epoch ?? 0 }],
    guardError: () => new DomainError('conflict', `cell ${task.status.cell_id} came or went at this moment`),
  };
}
