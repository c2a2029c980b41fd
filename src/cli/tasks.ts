import type { Task } from '../client/index.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import { isTerminal } from '../domain/task.ts';
import type { Context } from './context.ts';
import { EXIT, exitOfError, worstExit } from './exit-code.ts';
import { descriptionOf, resultSummary, spanText, stateLabel, timeText } from './format.ts';
import { Answers, type Listing, taskObject } from './output.ts';
import type { Column } from './table.ts';

/** Who or what wants a task: a label says so, and lists leave out what the system does for itself. */
const KIND_LABEL = 'gavel.kind';
export const KINDS = ['user', 'scheduled', 'system'] as const;

export function kindOf({ labels }: Task): string {
  return KINDS.find((kind) => kind === labels[KIND_LABEL]) ?? 'user';
}

/** The six columns of `bosh tasks`, in their order, and more with -o wide. */
export function taskColumns(context: Context): readonly Column<Task>[] {
  const time = (nanos: bigint) => timeText(nanos, context.flags.local);
  return [
    { title: '#', whole: true, value: (task) => String(task.number) },
    { title: 'State', whole: true, value: stateLabel, style: stateStyle },
    {
      title: 'Timestamp',
      whole: true,
      value: (task) => time(task.first_completed_at === 0n ? task.created_at : task.first_completed_at),
    },
    { title: 'Guid', wide: true, whole: true, value: (task) => task.task_guid },
    { title: 'Domain', wide: true, value: (task) => task.domain },
    { title: 'Cell', wide: true, value: (task) => task.cell_id },
    {
      title: 'Duration',
      wide: true,
      value: (task) =>
        task.first_completed_at === 0n || task.started_at === 0n
          ? ''
          : spanText(task.started_at, task.first_completed_at),
    },
    { title: 'Waiting for', wide: true, value: (task) => task.waiting_for },
    { title: 'User', value: (task) => task.created_by },
    { title: 'Description', value: descriptionOf },
    { title: 'Result', value: resultSummary },
  ];
}

export function stateStyle(task: Task): 'green' | 'red' | 'yellow' | 'cyan' {
  if (!isTerminal(task.state)) return task.state === 'RUNNING' ? 'cyan' : 'yellow';
  if (task.outcome === 'cancelled') return 'yellow';
  return task.failed ? 'red' : 'green';
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
    columns: taskColumns(context),
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
