import type { Command } from 'commander';
import type { AddedCell, Cell, PlacementPlan, PlannedCell } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import { megabytes, rfc3339, safe } from '../../platform/format.ts';
import { type Column, tableText } from '../../platform/table.ts';
import { type Cli, examples, gather, gatherList, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { printList, printOne } from '../output.ts';
import { readSpec } from '../spec-file.ts';
import { parseMegabytes } from '../spec-flags.ts';
import { count } from './list.ts';

interface FitFlags {
  readonly count?: string;
  readonly without?: readonly string[];
  readonly add?: readonly string[];
}

/** `gavel capacity show`, `gavel capacity fit SPEC` */
export function addCapacity(program: Command, cli: Cli): void {
  const capacity = program.command('capacity').description('what the cells have left, and what would fit');
  const show = capacity.command('show').description('what each cell has, and what no task has reserved');
  examples(show, 'gavel capacity show');
  handle(cli, show, async (context) => await showCapacity(context));
  const fit = capacity
    .command('fit <spec>')
    .description('how many tasks like this would be placed now, and what keeps out the next (exit code 9: not all fit)')
    .option('--count <n>', 'so many (else as many as fit, counted up to 10000)')
    .option('--without <cell,...>', 'as if these cells were not there; repeatable', gatherList)
    .option(
      '--add <cell>',
      'as if one more cell were there: CELL (one more like it), or like=CELL,count=3,memory=16g,disk=100g,containers=200,stack=NAME,preloaded=NAME,scheme=docker,tag=NAME; repeatable',
      gather,
    )
    .addHelpText(
      'after',
      '\nSPEC as for gavel submit. It is the code of the auction; nothing is created, and no cell is asked.',
    );
  examples(
    fit,
    'gavel capacity fit task.json',
    'gavel capacity fit task.json --count 40 --without cell-3',
    'gavel capacity fit task.json --count 40 --add like=cell-1,count=2',
  );
  handle<FitFlags>(cli, fit, async (context, [file = ''], flags) => {
    const spec = await readSpec(file, context.io);
    const plan = await context.client().tasks.plan(spec, {
      signal: context.signal,
      without: flags.without ?? [],
      add: (flags.add ?? []).map(addedCell),
      ...(flags.count === undefined ? {} : { count: count(flags.count, '--count') }),
    });
    await printOne(context, { schema: 'plan/v1', kind: 'plan', ...plan }, String(plan.fits), planText(context, plan));
    return plan.fits >= Math.max(1, plan.asked) ? EXIT.ok : EXIT.unplaced;
  });
}

async function showCapacity(context: Context): Promise<undefined> {
  const cells = (await context.client().cells.list(context.signal)).toSorted((a, b) =>
    a.cell_id < b.cell_id ? -1 : 1,
  );
  const ready = cells.filter(({ state }) => state === 'ready');
  const total = ready.reduce(
    (sum, cell) => ({
      free: sum.free + free(cell, 'memory_mb'),
      memory: sum.memory + cell.capacity.memory_mb,
      largest: Math.max(sum.largest, free(cell, 'memory_mb')),
    }),
    { free: 0, memory: 0, largest: 0 },
  );
  await printList(context, {
    kind: 'cell-capacity',
    items: cells,
    columns: [
      { title: 'Cell', whole: true, value: (cell) => cell.cell_id },
      { title: 'State', whole: true, value: (cell) => cell.state },
      { title: 'Memory free', value: (cell) => left(cell, 'memory_mb') },
      { title: 'Disk free', value: (cell) => left(cell, 'disk_mb') },
      {
        title: 'Containers free',
        value: (cell) => `${free(cell, 'containers')} of ${cell.capacity.containers}`,
      },
    ],
    toObject: ({ cell_id, state, capacity, reserved }) => ({
      schema: 'cell-capacity/v1',
      kind: 'cell-capacity',
      cell_id,
      state,
      capacity,
      reserved,
    }),
    name: ({ cell_id }) => cell_id,
    footer: `${ready.length} of ${cells.length} cells take work: ${megabytes(total.free)} of ${megabytes(total.memory)} memory are free, ${megabytes(total.largest)} at most on one cell`,
    about: { as_of: rfc3339(BigInt(Date.now()) * 1_000_000n) },
  });
  return undefined;
}

type Amount = 'memory_mb' | 'disk_mb' | 'containers';

function free({ capacity, reserved }: Cell, name: Amount): number {
  return Math.max(0, capacity[name] - reserved[name]);
}

function left(cell: Cell, name: 'memory_mb' | 'disk_mb'): string {
  return `${megabytes(free(cell, name))} of ${megabytes(cell.capacity[name])}`;
}

function planText(context: Context, plan: PlacementPlan): string {
  const { summary, cells, waiting, one_more_cell, one_more_like } = plan;
  const sentence = `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`;
  const queue =
    waiting === 0 ? '' : `\n${waiting} ${waiting === 1 ? 'task waits' : 'tasks wait'} already and would go first.`;
  const more =
    one_more_cell === 0 ? '' : `\nOne more empty cell like ${safe(one_more_like)} would take ${one_more_cell}.`;
  const table = cells.length === 0 ? '' : `\n\n${tableText(cells, PLANNED, context)}`;
  return `${safe(sentence)}${queue}${plan.binding === '' ? '' : more}${table}`;
}

const PLANNED: readonly Column<PlannedCell>[] = [
  { title: 'Cell', whole: true, value: ({ cell_id, added }) => `${cell_id}${added ? ' (added)' : ''}` },
  { title: 'Takes', whole: true, value: ({ placed }) => String(placed) },
  { title: 'Memory free', value: (cell) => change(cell, 'memory_mb') },
  { title: 'Disk free', value: (cell) => change(cell, 'disk_mb') },
  {
    title: 'Containers free',
    value: ({ free_before, free_after }) => `${free_before.containers} -> ${free_after.containers}`,
  },
  { title: 'The next one', whole: true, value: ({ code }) => (code === '' ? 'fits' : code) },
];

function change({ free_before, free_after }: PlannedCell, name: 'memory_mb' | 'disk_mb'): string {
  return `${megabytes(free_before[name])} -> ${megabytes(free_after[name])}`;
}

const LISTS: Readonly<Record<string, 'stacks' | 'preloaded_rootfs' | 'rootfs_schemes' | 'placement_tags'>> = {
  stack: 'stacks',
  preloaded: 'preloaded_rootfs',
  scheme: 'rootfs_schemes',
  tag: 'placement_tags',
};

/** @throws DomainError `invalid_argument` naming what cannot be read. */
function addedCell(text: string): AddedCell {
  if (!text.includes('=')) return { like: text };
  const wrong = (why: string) => new DomainError('invalid_argument', `--add: ${why}`);
  const cell: Record<string, unknown> = { rootfs_schemes: ['docker'] };
  const capacity: Record<string, number> = {};
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const list = LISTS[name];
    if (name === 'like') cell['like'] = value;
    else if (name === 'count') cell['count'] = count(value, '--add count');
    else if (name === 'containers') capacity['containers'] = count(value, '--add containers');
    else if (name === 'memory' || name === 'disk') {
      const size = parseMegabytes(value);
      if (size === undefined) throw wrong(`${pair}: ${value} is no size, for example 16g`);
      capacity[`${name}_mb`] = size;
    } else if (list !== undefined) cell[list] = [...((cell[list] as string[] | undefined) ?? []), value];
    else throw wrong(`${pair}: known are like, count, memory, disk, containers, ${Object.keys(LISTS).join(', ')}`);
  }
  if (cell['like'] === undefined && capacity['memory_mb'] === undefined)
    throw wrong(`${text}: a cell that is not like another one needs its memory, disk and containers`);
  return { ...cell, capacity };
}
