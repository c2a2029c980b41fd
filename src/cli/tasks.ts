import type { Task } from '../client/index.ts';
import { taskColumns } from '../client/task-columns.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import { isTerminal } from '../domain/task.ts';
import { stateLabel, timeText } from '../platform/format.ts';
import type { Context } from './context.ts';
import { EXIT, exitOfError, worstExit } from './exit-code.ts';
import { Answers, type Listing, taskObject } from './output.ts';

/** Who or what wants a task: a label says so, and lists leave out what the system does for itself. */
const KIND_LABEL = 'gavel.kind';
export const KINDS = ['user', 'scheduled', 'system'] as const;

export function kindOf({ labels }: Task): string {
  return KINDS.find((kind) => kind === labels[KIND_LABEL]) ?? 'user';
}

export function taskListing(
  context: Context,
  tasks: readonly Task[],
  footer: string,
  about: Record<string, unknown> = {},
): Listing<Task> {
  return {
    kind: 'task',
    items: tasks,
    columns: taskColumns(context.flags.local),
    toObject: taskObject,
    name: (task) => task.task_guid,
    footer,
    about,
  };
}

/** Newest first, each life once: a task may be in both the live set and history for a moment. */
export function newestFirst(tasks: readonly Task[]): readonly Task[] {
  const byUid = new Map<string, Task>();
  for (const task of tasks) if (!byUid.has(task.uid)) byUid.set(task.uid, task);
  return [...byUid.values()].toSorted((a, b) => b.number - a.number);
}

/** @throws DomainError `invalid_argument` when there are none. Accepts `cancel task 766` beside `task cancel 766`. */
export function idsOf(args: readonly string[]): readonly string[] {
  const ids = (args[0] === 'task' || args[0] === 'tasks') && args.length > 1 ? args.slice(1) : args;
  if (ids.length === 0)
    throw new DomainError('invalid_argument', 'which task? Give its guid, its number, or the beginning of its guid');
  return ids;
}

/** Whether an id says exactly which task is meant, and is not only the beginning of its guid. */
export function isExact(id: string, task: Task): boolean {
  return id === task.task_guid || id === String(task.number);
}

/** A task that is over cannot be ended. @throws DomainError `invalid_transition` saying how and when it ended. */
export function refuseEnded(task: Task): void {
  if (!isTerminal(task.state)) return;
  throw new DomainError(
    'invalid_transition',
    `task ${task.number} has ended already: ${stateLabel(task)} at ${timeText(task.first_completed_at)}`,
  );
}

/** Does one thing to each task; a failure with one is told and does not keep the others from it. Answers the worst exit code. */
export async function eachTask(
  context: Context,
  ids: readonly string[],
  deed: (id: string, answers: Answers) => Promise<number | undefined>,
): Promise<number> {
  const answers = new Answers(context, ids.length);
  if (ids.length === 1 && ids[0] !== undefined) {
    return (await deed(ids[0], answers)) ?? EXIT.ok;
  }
  const codes: number[] = [];
  for (const id of ids) {
    try {
      codes.push((await deed(id, answers)) ?? EXIT.ok);
    } catch (error) {
      // Whoever interrupts means the rest of them too.
      if (context.signal.aborted) throw error;
      context.complain(`${id}: ${errorText(error)}`);
      codes.push(exitOfError(error));
    }
  }
  await answers.end();
  return worstExit(codes);
}
