import type { Command } from 'commander';
import { type TaskDifference, taskDifferences } from '../../client/diff.ts';
import { toJson } from '../../platform/json.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, examples, handle } from '../command.ts';
import { printList } from '../output.ts';

interface DiffFlags {
  readonly specOnly?: boolean;
}

/** `gavel tasks diff ID ID` */
export function addDiff(task: Command, cli: Cli): void {
  const command = task
    .command('diff <id> <other>')
    .description('where two tasks differ: in what was asked for, and in what became of it')
    .option('--spec-only', 'only in what was asked for');
  examples(command, 'gavel tasks diff 766 770', 'gavel tasks diff 766 770 --spec-only -o name');
  handle<DiffFlags>(cli, command, async (context, [id = '', other = ''], { specOnly }) => {
    const { tasks } = context.client();
    const [a, b] = await Promise.all([tasks.get(id, context.signal), tasks.get(other, context.signal)]);
    const found = taskDifferences(a, b).filter((difference) => specOnly !== true || difference.of === 'spec');
    const places = found.length === 1 ? '1 place' : `${found.length} places`;
    await printList(context, {
      kind: 'task-difference',
      items: found,
      columns: columns(a.number, b.number),
      toObject: ({ path, of, a: left, b: right }) => ({
        schema: 'task-difference/v1',
        kind: 'task-difference',
        path,
        of,
        a: left ?? null,
        b: right ?? null,
      }),
      name: ({ path }) => path,
      about: { a: a.task_guid, b: b.task_guid },
      footer: `Tasks ${a.number} and ${b.number} differ in ${places}`,
    });
    return undefined;
  });
}

function columns(a: number, b: number): readonly Column<TaskDifference>[] {
  return [
    { title: 'Field', whole: true, value: ({ path }) => path },
    { title: 'Of', whole: true, value: ({ of }) => of },
    { title: `Task ${a}`, value: (difference) => text(difference.a) },
    { title: `Task ${b}`, value: (difference) => text(difference.b) },
  ];
}

function text(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  return typeof value === 'string' ? value : toJson(value);
}
