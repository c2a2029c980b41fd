import type { Task } from '../../client/index.ts';
import { durationMs, msToNanos } from '../../domain/duration.ts';
import { DomainError } from '../../domain/errors.ts';
import { descriptionOf, rfc3339, spanText, timeText } from '../../platform/format.ts';
import type { Column } from '../../platform/table.ts';
import type { Context } from '../context.ts';
import { printList } from '../output.ts';

/** What a drain would do to a task: it goes to another cell, it has to be over in time, or nobody knows. */
type Fate = 'goes back' | 'ends in time' | 'may be ended';

interface Foreseen {
  readonly task: Task;
  readonly fate: Fate;
}

/** What a drain of the cell would mean for the tasks on it now. Nothing is done. */
export async function previewDrain(context: Context, cell: string, deadlineMs: number): Promise<void> {
  const { signal } = context;
  const known = (await context.client().cells.list(signal)).some(({ cell_id }) => cell_id === cell);
  if (!known) throw new DomainError('not_found', `there is no cell ${cell}`);
  const deadline = msToNanos(Date.now() + deadlineMs);
  const items: Foreseen[] = [];
  for await (const task of context.client().tasks.list({ cell, states: ['CLAIMED', 'RUNNING'], signal }))
    items.push({ task, fate: fateOf(task, deadline) });
  const cut = items.filter(({ fate }) => fate === 'may be ended').length;
  const tasks = items.length === 1 ? '1 task is' : `${items.length} tasks are`;
  await printList(context, {
    kind: 'drain-preview',
    items,
    columns: columns(context.flags.local),
    toObject: ({ task, fate }) => ({
      schema: 'drain-preview/v1',
      kind: 'drain-preview',
      task_guid: task.task_guid,
      number: task.number,
      state: task.state,
      started_at: task.started_at,
      max_run_time: task.max_run_time ?? null,
      fate: fate.replaceAll(' ', '_'),
    }),
    name: ({ task }) => task.task_guid,
    footer: `${tasks} on ${cell}; ${cut} may be ended at ${timeText(deadline, context.flags.local)}. Nothing was done.`,
    about: { cell_id: cell, deadline_rfc3339: rfc3339(deadline) },
  });
}

function fateOf({ state, started_at, max_run_time }: Task, deadline: bigint): Fate {
  if (state === 'CLAIMED') return 'goes back';
  const limitMs = durationMs(max_run_time);
  return limitMs !== undefined && started_at + msToNanos(limitMs) <= deadline ? 'ends in time' : 'may be ended';
}

function columns(local: boolean | undefined): readonly Column<Foreseen>[] {
  const now = msToNanos(Date.now());
  return [
    { title: '#', whole: true, value: ({ task }) => String(task.number) },
    { title: 'State', whole: true, value: ({ task }) => task.state },
    { title: 'Would be', whole: true, value: ({ fate }) => FATES[fate] },
    { title: 'Started', whole: true, wide: true, value: ({ task }) => timeText(task.started_at, local) },
    {
      title: 'Runs for',
      whole: true,
      value: ({ task }) => (task.started_at === 0n ? '' : spanText(task.started_at, now)),
    },
    { title: 'Limit', whole: true, value: ({ task }) => task.max_run_time ?? '' },
    { title: 'Domain', value: ({ task }) => task.domain },
    { title: 'Description', value: ({ task }) => descriptionOf(task) },
  ];
}

const FATES: Readonly<Record<Fate, string>> = {
  'goes back': 'placed elsewhere',
  'ends in time': 'over before the deadline',
  'may be ended': 'ended at the deadline, unless over before',
};
