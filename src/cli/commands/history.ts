import type { Command } from 'commander';
import type { HistoryRecord } from '../../client/index.ts';
import { taskColumns } from '../../client/task-columns.ts';
import { rfc3339 } from '../../platform/format.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { printList, taskObject } from '../output.ts';
import { addPurge } from './keep.ts';
import { count } from './list.ts';

interface HistoryFlags {
  readonly domain?: string;
  readonly limit?: string;
}

export function addHistory(program: Command, cli: Cli): void {
  const history = options(
    program.command('history').description('list tasks that have left the live set, newest first'),
  );
  handle<HistoryFlags>(cli, history, async (context, _args, flags) => await listHistory(context, flags));
  const ls = options(history.command('ls').alias('list').description('list them'));
  handle<HistoryFlags>(cli, ls, async (context, _args, flags) => await listHistory(context, flags));
  addPurge(history, cli);
}

function options(command: Command): Command {
  return command.option('--domain <name>', 'only of this domain').option('--limit <n>', 'at most so many (30)');
}

async function listHistory(context: Context, { domain, limit }: HistoryFlags): Promise<undefined> {
  const most = count(limit ?? '30', '--limit');
  const records: HistoryRecord[] = [];
  const filter = {
    pageSize: Math.min(most, 1_000),
    signal: context.signal,
    ...(domain === undefined ? {} : { domain }),
  };
  for await (const record of context.client().history.list(filter)) {
    records.push(record);
    if (records.length >= most) break;
  }
  await printList(context, {
    kind: 'history-record',
    items: records,
    columns: columns(context),
    toObject: historyObject,
    name: ({ task }) => task.task_guid,
    footer: `Showing ${records.length} finished tasks`,
  });
  return undefined;
}

function columns(context: Context): readonly Column<HistoryRecord>[] {
  const ofTask = taskColumns(context.flags.local).map(
    (column): Column<HistoryRecord> => ({
      title: column.title,
      value: ({ task }) => column.value(task),
      ...(column.whole === undefined ? {} : { whole: column.whole }),
      ...(column.wide === undefined ? {} : { wide: column.wide }),
      ...(column.style === undefined ? {} : { style: ({ task }) => column.style?.(task) }),
    }),
  );
  const callback = ({ delivery }: HistoryRecord) =>
    delivery === undefined
      ? ''
      : `${delivery.state} (${delivery.attempts}x ${delivery.last_status || delivery.last_error})`;
  const ours: readonly Column<HistoryRecord>[] = [
    { title: 'Resolved by', value: (record) => record.resolved_by },
    { title: 'Callback', value: callback },
    { title: 'Pinned', wide: true, value: ({ pinned }) => (pinned ? 'yes' : '') },
  ];
  // The result stays last: it is what gives way on a narrow terminal.
  return [...ofTask.slice(0, -1), ...ours, ...ofTask.slice(-1)];
}

function historyObject({ task, resolved_at, resolved_by, delivery, pinned }: HistoryRecord): object {
  const about = {
    schema: 'history-record/v1',
    kind: 'history-record',
    resolved_at,
    resolved_at_rfc3339: rfc3339(resolved_at),
    resolved_by,
    pinned,
  };
  return { ...about, delivery: delivery ?? null, task: taskObject(task) };
}
