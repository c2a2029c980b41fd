import { isTerminal, type Task } from '../domain/task.ts';
import { descriptionOf, resultSummary, spanText, stateLabel, timeText } from '../platform/format.ts';
import type { Column } from '../platform/table.ts';

/** The six columns of `bosh tasks`, in their order, and more with -o wide. */
export function taskColumns(local = false): readonly Column<Task>[] {
  const time = (nanos: bigint) => timeText(nanos, local);
  return [
    { title: '#', whole: true, value: (task) => String(task.number) },
    { title: 'State', whole: true, value: stateLabel, style: stateStyle, symbol: stateSymbol },
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

/** Never colour alone, and never a symbol alone: the word stands beside it. */
function stateSymbol(task: Task): string {
  if (!isTerminal(task.state)) return task.state === 'RUNNING' ? '●' : '◌';
  if (task.outcome === 'cancelled') return '■';
  return task.failed ? '✗' : '✓';
}

function stateStyle(task: Task): 'green' | 'red' | 'yellow' | 'cyan' {
  if (!isTerminal(task.state)) return task.state === 'RUNNING' ? 'cyan' : 'yellow';
  if (task.outcome === 'cancelled') return 'yellow';
  return task.failed ? 'red' : 'green';
}
