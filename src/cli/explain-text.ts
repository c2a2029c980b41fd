import type { CellVerdict, Explanation } from '../client/index.ts';
import { megabytes, rfc3339, safe } from '../platform/format.ts';
import { type Column, tableText } from '../platform/table.ts';
import type { Context } from './context.ts';
import { taskObject } from './output.ts';

/** An explanation for people: the sentence, what each cell says, the smallest change that would fit. */
export function explanationText(context: Context, explanation: Explanation): string {
  const { task, summary, cells, changes, queue_position, queue_length, verdict } = explanation;
  const subject = task === undefined ? 'Dry run' : `Task ${task.number} ${task.state}`;
  const place =
    queue_position > 0 ? `\n\nQueue position ${queue_position} of ${queue_length} (${queue_position - 1} ahead)` : '';
  const shown = verdict === 'ended' ? [] : cells;
  const table = shown.length === 0 ? '' : `\n\n${tableText(shown, COLUMNS, context)}`;
  const advice =
    changes.length === 0
      ? ''
      : `\n\nIt would fit on ${safe(changes[0]?.cell_id ?? '')}${verdict === 'never_fits' ? '' : ' now'} with ${changes
          .map(({ field, to, from }) => `${field} ${safe(to)} (instead of ${safe(from)})`)
          .join(' and ')}.`;
  const none = cells.length === 0 && verdict !== 'ended' ? '\n\nNo cell is registered. Start one: gavel cell' : '';
  return `${subject}: ${safe(summary)}${place}${table}${advice}${none}`;
}

const COLUMNS: readonly Column<CellVerdict>[] = [
  { title: 'Cell', whole: true, value: (cell) => cell.cell_id },
  {
    title: 'Says',
    whole: true,
    value: (cell) => (cell.code === '' ? 'fits' : cell.code),
    style: (cell) => (cell.code === '' ? 'green' : 'yellow'),
  },
  { title: 'Score', value: (cell) => cell.score?.total.toFixed(2) ?? '' },
  { title: 'Why', value: why },
];

/** The figures behind a code. */
function why({ code, asked, free, capacity, note, score }: CellVerdict): string {
  switch (code) {
    case '':
      return score === undefined ? '' : `load ${score.load.toFixed(2)}, shape ${score.shape.toFixed(2)}`;
    case 'memory':
      return `${megabytes(asked.memory_mb)} asked, ${megabytes(free.memory_mb)} free of ${megabytes(capacity.memory_mb)}`;
    case 'disk':
      return `disk: ${megabytes(asked.disk_mb)} asked, ${megabytes(free.disk_mb)} free of ${megabytes(capacity.disk_mb)}`;
    case 'containers':
      return `no container free of ${capacity.containers}`;
    case 'too_small': {
      const parts = [
        ...(asked.memory_mb > capacity.memory_mb
          ? [`memory: ${megabytes(asked.memory_mb)} asked, it has ${megabytes(capacity.memory_mb)}`]
          : []),
        ...(asked.disk_mb > capacity.disk_mb
          ? [`disk: ${megabytes(asked.disk_mb)} asked, it has ${megabytes(capacity.disk_mb)}`]
          : []),
      ];
      return parts.length === 0 ? note : parts.join('; ');
    }
    default:
      return note;
  }
}

export function explanationObject({ task, ...explanation }: Explanation): object {
  return {
    schema: 'explanation/v1',
    kind: 'explanation',
    ...explanation,
    as_of: rfc3339(BigInt(Date.now()) * 1_000_000n),
    task: task === undefined ? null : taskObject(task),
  };
}
