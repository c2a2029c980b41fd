import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Cell, Task } from '../../client/index.ts';
import { taskColumns } from '../../client/task-columns.ts';
import { msToNanos, parseDuration } from '../../domain/duration.ts';
import { DomainError } from '../../domain/errors.ts';
import { megabytes, rfc3339, timeText } from '../../platform/format.ts';
import { type Column, tableText } from '../../platform/table.ts';
import { canAsk, confirm } from '../ask.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { pairsText, printList, printOne } from '../output.ts';

import { addCellLogs } from './cell-logs.ts';
import { previewDrain } from './drain-preview.ts';
import { addCellsTop } from './top.ts';

export function addCells(program: Command, cli: Cli): void {
  const cells = program.command('cells').description('list the cells and what they have left');
  handle(cli, cells, async (context) => await listCells(context));
  handle(
    cli,
    cells.command('ls').alias('list').description('list the cells'),
    async (context) => await listCells(context),
  );
  addCellShow(cells, cli);
  addCellsTop(cells, cli);
  addCellLogs(cells, cli);
  addDrain(cells, cli);
  const undrain = cells.command('undrain <cell>').description('let a cell take work again');
  handle(cli, undrain, async (context, [id = '']) => {
    const cell = await context.client().cells.undrain(id, context.signal);
    await printOne(context, cellObject(cell), id, `Cell ${id} takes work again.`);
    return EXIT.ok;
  });
}

/** `gavel cells show CELL` */
function addCellShow(cells: Command, cli: Cli): void {
  const show = cells.command('show <cell>').description('one cell: what it offers, what it has left, what it runs');
  examples(show, 'gavel cells show cell-7');
  handle(cli, show, async (context, [id = '']) => {
    const { signal } = context;
    const cell = (await context.client().cells.list(signal)).find(({ cell_id }) => cell_id === id);
    if (cell === undefined) throw new DomainError('not_found', `there is no cell ${id}`);
    const tasks: Task[] = [];
    for await (const task of context.client().tasks.list({ cell: id, states: ['CLAIMED', 'RUNNING'], signal }))
      tasks.push(task);
    const object = { ...cellObject(cell), tasks: tasks.map(({ task_guid }) => task_guid) };
    await printOne(context, object, id, cellText(cell, tasks, context));
    return EXIT.ok;
  });
}

function cellText(cell: Cell, tasks: readonly Task[], context: Context): string {
  const { capacity, reserved, versions } = cell;
  const names = (list: readonly string[]) => list.join(', ');
  const text = pairsText([
    [
      ['Cell', cell.cell_id],
      ['State', cell.state],
      ['Zone', cell.zone],
      ['Note', cell.note],
      ['Registered', timeText(cell.registered_at, context.flags.local)],
      ['Drained by', timeText(cell.drain_deadline, context.flags.local)],
    ],
    [
      ['Memory', `${megabytes(reserved.memory_mb)} of ${megabytes(capacity.memory_mb)}`],
      ['Disk', `${megabytes(reserved.disk_mb)} of ${megabytes(capacity.disk_mb)}`],
      ['Containers', `${reserved.containers} of ${capacity.containers}`],
    ],
    [
      ['Stacks', names(cell.stacks)],
      ['Preloaded', names(cell.preloaded_rootfs)],
      ['Schemes', names(cell.rootfs_schemes)],
      ['Tags', names(cell.placement_tags)],
      ['Optional tags', names(cell.optional_placement_tags)],
      ['Versions', names(Object.entries(versions).map(([name, version]) => `${name} ${version}`))],
    ],
  ]);
  const columns = taskColumns(context.flags.local).filter(({ title }) =>
    ['#', 'State', 'Timestamp', 'Description'].includes(title),
  );
  return tasks.length === 0 ? `${text}\n\nNo task is on it.` : `${text}\n\n${tableText(tasks, columns, context)}`;
}

interface DrainFlags {
  readonly deadline?: string;
  readonly wait?: boolean;
  readonly preview?: boolean;
}

/** What the server takes where nothing is said. */
const DRAIN_MS = 10 * 60_000;
const LOOK_MS = 1_000;
/** Beyond the deadline: each task has its stop grace, and then its outcome has to be told. */
const AFTER_DEADLINE_MS = 120_000;

function addDrain(cells: Command, cli: Cli): void {
  const drain = cells
    .command('drain <cell>')
    .description('give a cell no new work; what runs there may end by itself until the deadline')
    .option('--deadline <span>', 'for what runs, from now; then it is ended as infra_failed (10m; 0s: at once)')
    .option('--preview', 'only show what it would mean for the tasks there')
    .option('--wait', 'until no task is on it; exit code 124 when --timeout is over first')
    .addHelpText('after', '\nIt lasts over restarts of the cell and of the servers, until: gavel cells undrain CELL');
  examples(
    drain,
    'gavel cells drain cell-7',
    'gavel cells drain cell-7 --preview',
    'gavel cells drain cell-7 --deadline 2h --wait -y',
  );
  handle<DrainFlags>(cli, drain, async (context, [id = ''], { deadline, wait, preview }) => {
    const deadlineMs = deadline === undefined ? undefined : parseDuration(deadline);
    if (deadline !== undefined && deadlineMs === undefined)
      throw new DomainError('invalid_argument', `--deadline: ${deadline} is no time span, for example 10m`);
    if (preview === true) {
      await previewDrain(context, id, deadlineMs ?? DRAIN_MS);
      return EXIT.ok;
    }
    const { signal } = context;
    if (!(await confirm(context, 'drain', [await whatIsHit(context, id, deadlineMs ?? DRAIN_MS)], false, 'cell'))) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    const options = { signal, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
    const cell = await context.client(wait !== true).cells.drain(id, options);
    if (wait === true) return await untilEmpty(context, cell);
    await printOne(context, cellObject(cell), id, drainText(cell, context.flags.local));
    return EXIT.ok;
  });
}

/** The cell, and what the drain would mean for it, for the question. */
async function whatIsHit(context: Context, id: string, deadlineMs: number): Promise<string> {
  // Nobody will be asked, or a cell that is away is to be drained: then its name must do.
  if (context.flags.yes === true || !canAsk(context)) return id;
  const cell = (await context.client().cells.list(context.signal)).find(({ cell_id }) => cell_id === id);
  if (cell === undefined) return id;
  const tasks = left(cell);
  const until = timeText(msToNanos(Date.now() + deadlineMs), context.flags.local);
  return `${id}: ${tasks} ${tasks === 1 ? 'task' : 'tasks'} on it${tasks === 0 ? '' : `, ended at ${until} unless over before`}`;
}

/** Until nothing is on the cell any more, or nobody drains it. */
async function untilEmpty(context: Context, drained: Cell): Promise<number> {
  const { signal, timeoutMs = Number.POSITIVE_INFINITY } = context;
  const { cell_id: id } = drained;
  const until = performance.now() + timeoutMs;
  let cell = drained;
  let told = '';
  while (left(cell) > 0) {
    const text = drainText(cell, context.flags.local);
    if (text !== told) context.say(text);
    told = text;
    if (performance.now() >= until) return EXIT.late;
    await sleep(Math.min(LOOK_MS, Math.max(1, until - performance.now())), undefined, { signal });
    const { cells, serverTimeMs = Date.now() } = await context.client().cells.census(signal);
    const found = cells.find(({ cell_id }) => cell_id === id);
    // Neither registered nor to be drained, and it holds nothing.
    if (found === undefined) break;
    cell = found;
    if (cell.drain_deadline === 0n) throw new DomainError('invalid_transition', `cell ${id} is not drained any more`);
    if (serverTimeMs > Number(cell.drain_deadline / 1_000_000n) + AFTER_DEADLINE_MS)
      throw new DomainError('deadline', `${drainText(cell, context.flags.local)} It should have ended them by now.`);
  }
  await printOne(context, cellObject(cell), id, `Cell ${id} is drained.`);
  return EXIT.ok;
}

function drainText(cell: Cell, local: boolean | undefined): string {
  const tasks = left(cell);
  if (tasks === 0) return `Cell ${cell.cell_id} is drained.`;
  const at = timeText(cell.drain_deadline, local);
  return `Cell ${cell.cell_id} is draining: ${tasks} ${tasks === 1 ? 'task' : 'tasks'} left, ended at ${at}.`;
}

function left({ tasks_claimed, tasks_running }: Cell): number {
  return tasks_claimed + tasks_running;
}

function cellObject(cell: Cell): object {
  return { schema: 'cell/v1', kind: 'cell', ...cell, registered_at_rfc3339: rfc3339(cell.registered_at) };
}

async function listCells(context: Context): Promise<undefined> {
  const cells = await context.client().cells.list(context.signal);
  await printList(context, {
    kind: 'cell',
    items: cells.toSorted((a, b) => (a.cell_id < b.cell_id ? -1 : 1)),
    columns: columns(context.flags.local),
    toObject: cellObject,
    name: (cell) => cell.cell_id,
    footer: [`${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`, ...cells.flatMap(noteLine)].join('\n'),
  });
  return undefined;
}

function noteLine({ cell_id, note }: Cell): readonly string[] {
  return note === '' ? [] : [`${cell_id}: ${note}`];
}

function columns(local: boolean | undefined): readonly Column<Cell>[] {
  const used = (name: 'memory_mb' | 'disk_mb') => (cell: Cell) =>
    `${megabytes(cell.reserved[name])} of ${megabytes(cell.capacity[name])}`;
  return [
    { title: 'Cell', value: (cell) => cell.cell_id },
    { title: 'State', whole: true, value: (cell) => cell.state },
    { title: 'Zone', value: (cell) => cell.zone },
    { title: 'Stacks', value: (cell) => cell.stacks.join(', ') },
    { title: 'Preloaded', wide: true, value: (cell) => cell.preloaded_rootfs.join(', ') },
    { title: 'Schemes', wide: true, value: (cell) => cell.rootfs_schemes.join(', ') },
    {
      title: 'Tags',
      wide: true,
      value: (cell) => [...cell.placement_tags, ...cell.optional_placement_tags].join(', '),
    },
    { title: 'Memory', value: used('memory_mb') },
    { title: 'Disk', value: used('disk_mb') },
    { title: 'Containers', value: (cell) => `${cell.reserved.containers} of ${cell.capacity.containers}` },
    { title: 'Claimed', value: (cell) => String(cell.tasks_claimed) },
    { title: 'Running', value: (cell) => String(cell.tasks_running) },
    { title: 'Registered', wide: true, value: (cell) => timeText(cell.registered_at, local) },
    { title: 'Drained by', wide: true, value: (cell) => timeText(cell.drain_deadline, local) },
  ];
}
