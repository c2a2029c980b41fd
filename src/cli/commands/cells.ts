import type { Command } from 'commander';
import type { Cell } from '../../client/index.ts';
import { type Cli, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { megabytes, rfc3339, timeText } from '../format.ts';
import { printList } from '../output.ts';
import type { Column } from '../table.ts';

export function addCells(program: Command, cli: Cli): void {
  const cells = program.command('cells').description('list the cells and what they have left');
  handle(cli, cells, async (context) => await listCells(context));
  handle(
    cli,
    cells.command('ls').alias('list').description('list the cells'),
    async (context) => await listCells(context),
  );
}

async function listCells(context: Context): Promise<undefined> {
  const cells = await context.client().cells.list(context.signal);
  await printList(context, {
    kind: 'cell',
    items: cells.toSorted((a, b) => (a.cell_id < b.cell_id ? -1 : 1)),
    columns: columns(context.flags.local),
    toObject: (cell) => ({
      schema: 'cell/v1',
      kind: 'cell',
      ...cell,
      registered_at_rfc3339: rfc3339(cell.registered_at),
    }),
    name: (cell) => cell.cell_id,
    footer: `${cells.length} ${cells.length === 1 ? 'cell' : 'cells'}`,
  });
  return undefined;
}

function columns(local: boolean | undefined): readonly Column<Cell>[] {
  const used = (name: 'memory_mb' | 'disk_mb') => (cell: Cell) =>
    `${megabytes(cell.reserved[name])} of ${megabytes(cell.capacity[name])}`;
  return [
    { title: 'Cell', value: (cell) => cell.cell_id },
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
  ];
}
