import { DomainError, errorText } from '../src/domain/errors.ts';
import type { Task } from '../src/domain/task.ts';
import type { TaskUsage__Output } from '../src/rpc/gen/gavel/v1/TaskUsage.ts';
import { type Domains, isWithin } from '../src/rpc/identity.ts';
import type { CellData } from './cell-data.ts';
import type { Control, ExecOrder } from './control.ts';
import { definitionOf, type LiveTask } from './live-task.ts';
import type { View } from './view.ts';

export interface TaskUsages {
  readonly usages: readonly TaskUsage__Output[];
  /** Which cells could not be asked, and why. */
  readonly notes: readonly string[];
}

/** What happens inside of running containers, which only their cells see. */
export class Usages {
  readonly #view: View;
  readonly #control: Control;
  readonly #data: CellData;

  constructor(view: View, control: Control, data: CellData) {
    this.#view = view;
    this.#control = control;
    this.#data = data;
  }

  /** Of one running task. @throws DomainError `invalid_transition` for one that does not run, `unavailable`. */
  async of(task: Task, signal: AbortSignal): Promise<TaskUsages> {
    const live = this.#running(task);
    const { cell_id, attempt } = live.status;
    const told = await this.#data.usage(cell_id, attempt, signal);
    const usages = told.filter((usage) => usage.attempt === attempt).map((usage) => completed(usage, live));
    if (usages.length === 0)
      throw new DomainError('unavailable', `cell ${cell_id} could not measure task ${task.number}; try again`);
    return { usages, notes: [] };
  }

  /** Of all of these domains that run, on one cell or on all of them. A cell that does not answer is a note. */
  async all(cellId: string, within: Domains, signal: AbortSignal): Promise<TaskUsages> {
    const notes: string[] = [];
    const runs = ({ status }: LiveTask) => status.state === 'RUNNING' && isWithin(within, status.domain);
    const cells = (cellId === '' ? [...this.#view.holders()].toSorted() : [cellId])
      .map((cell) => [cell, this.#view.tasksOfCell(cell).filter(runs)] as const)
      .filter(([, tasks]) => tasks.length > 0);
    const told = await Promise.all(
      cells.map(async ([cell, tasks]) => {
        try {
          if (!this.#control.isConnected(cell)) throw new DomainError('unavailable', 'it is not connected');
          const usages = await this.#data.usage(cell, '', signal);
          const byAttempt = new Map(usages.map((usage) => [usage.attempt, usage]));
          return tasks
            .toSorted((a, b) => a.status.number - b.status.number)
            .flatMap((task) => {
              const usage = byAttempt.get(task.status.attempt);
              return usage === undefined ? [] : [completed(usage, task)];
            });
        } catch (error) {
          signal.throwIfAborted();
          notes.push(`what runs on cell ${cell} is missing: ${errorText(error)}`);
          return [];
        }
      }),
    );
    return { usages: told.flat(), notes };
  }

  /** @throws DomainError `invalid_transition` for a task that does not run, `permission_denied` where the cell does not allow it. */
  async *exec(task: Task, command: ExecOrder, signal: AbortSignal) {
    if (command.path === '')
      throw new DomainError('invalid_argument', 'path: is required', {
        faults: [{ field: 'path', message: 'is required' }],
      });
    const { cell_id: cellId, task_guid: guid, attempt } = this.#running(task).status;
    yield* this.#data.exec({ cellId, guid, attempt }, command, signal);
  }

  #running(task: Task): LiveTask {
    const live = this.#view.task(task.task_guid);
    if (live?.status.state === 'RUNNING' && live.status.uid === task.uid) return live;
    throw new DomainError('invalid_transition', `task ${task.number} does not run: it is ${task.state}`);
  }
}

/** What the cell measured, with what the record says. */
function completed(usage: TaskUsage__Output, task: LiveTask): TaskUsage__Output {
  const { number, task_guid, cell_id, started_at } = task.status;
  const { memory_mb, disk_mb, max_pids } = definitionOf(task);
  const limits = { memory_mb, disk_mb, max_pids };
  return { ...usage, ...limits, task_guid, cell_id, number: String(number), started_at: started_at.toString() };
}
