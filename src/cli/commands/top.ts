import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { cpuShare, type TaskUsage } from '../../client/usage.ts';
import { msToNanos } from '../../domain/duration.ts';
import { isDomainError } from '../../domain/errors.ts';
import { rfc3339, safe, spanText } from '../../platform/format.ts';
import { formatSize } from '../../platform/size.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { type Listing, printList } from '../output.ts';

interface TopFlags {
  readonly once?: boolean;
  readonly cell?: string;
}

/** Between the two looks of one answer: a share of the processor is a difference. */
const BETWEEN_MS = 1_000;
const EVERY_MS = 2_000;
const CLEAR = '\u001b[H\u001b[2J';

interface Sampled extends TaskUsage {
  /** Cores; undefined where it cannot be told. */
  readonly cpu: number | undefined;
}

interface Looked {
  readonly usages: readonly Sampled[];
  readonly notes: readonly string[];
}

/** `gavel tasks top [ID]` */
export function addTop(task: Command, cli: Cli): void {
  const command = task
    .command('top [id]')
    .description('what running tasks use: CPU, memory, disk, processes; drawn again and again on a terminal')
    .option('--once', 'print it once and stop (as where no terminal is)')
    .option('--cell <id>', 'only on this cell');
  examples(command, 'gavel tasks top', 'gavel tasks top 766 --once', 'gavel tasks top -o json');
  handle<TopFlags>(cli, command, async (context, [id], flags) => {
    await draw<Sampled>(context, flags, id ?? '', ({ usages }) => ({
      kind: 'task-usage',
      items: usages.toSorted((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0) || a.number - b.number),
      columns: TASKS,
      toObject: usageObject,
      name: ({ task_guid }) => task_guid,
      footer: usages.length === 1 ? '1 task runs' : `${usages.length} tasks run`,
    }));
    return undefined;
  });
}

interface CellUsage {
  readonly cell_id: string;
  readonly state: string;
  readonly tasks: number;
  readonly cpu: number;
  readonly memory_bytes: number;
  readonly disk_bytes: number;
  readonly pids: number;
  readonly memory_reserved_mb: number;
  readonly memory_mb: number;
  readonly disk_reserved_mb: number;
  readonly disk_mb: number;
}

/** `gavel cells top` */
export function addCellsTop(cells: Command, cli: Cli): void {
  const command = cells
    .command('top')
    .description('what runs on each cell and what it uses, beside what is reserved for it')
    .option('--once', 'print it once and stop (as where no terminal is)');
  examples(command, 'gavel cells top', 'gavel cells top -o json');
  handle<TopFlags>(cli, command, async (context, _args, flags) => {
    await draw<CellUsage>(context, flags, '', async ({ usages }) => {
      const known = await context.client().cells.list(context.signal);
      const items = known
        .toSorted((a, b) => (a.cell_id < b.cell_id ? -1 : 1))
        .map(({ cell_id, state, reserved, capacity, tasks_running }): CellUsage => {
          const here = usages.filter((usage) => usage.cell_id === cell_id);
          const sum = (of: (usage: Sampled) => number | undefined) =>
            here.reduce((total, usage) => total + (of(usage) ?? 0), 0);
          return {
            cell_id,
            state,
            tasks: tasks_running,
            cpu: sum(({ cpu }) => cpu),
            memory_bytes: sum(({ memory_bytes }) => memory_bytes),
            disk_bytes: sum(({ disk_bytes }) => disk_bytes),
            pids: sum(({ pids }) => pids),
            memory_reserved_mb: reserved.memory_mb,
            memory_mb: capacity.memory_mb,
            disk_reserved_mb: reserved.disk_mb,
            disk_mb: capacity.disk_mb,
          };
        });
      return {
        kind: 'cell-usage',
        items,
        columns: CELLS,
        toObject: (item) => ({ schema: 'cell-usage/v1', kind: 'cell-usage', ...item }),
        name: ({ cell_id }) => cell_id,
        footer: `${items.length} ${items.length === 1 ? 'cell' : 'cells'}`,
      };
    });
    return undefined;
  });
}

/** Once, or on a terminal until Ctrl-C or the end of the one task that was named. */
async function draw<T>(
  context: Context,
  { once, cell }: TopFlags,
  id: string,
  listing: (looked: Looked) => Listing<T> | Promise<Listing<T>>,
): Promise<void> {
  const goesOn = once !== true && context.io.stdout.isTTY === true && ['table', 'wide'].includes(context.format);
  let before = await look(context, id, cell);
  for (let pause = BETWEEN_MS; ; pause = EVERY_MS) {
    await sleep(pause, undefined, { signal: context.signal });
    let after: Looked;
    try {
      after = await look(context, id, cell);
    } catch (error) {
      // The one that was looked at.
      if (!goesOn || id === '' || !isDomainError(error, 'invalid_transition')) throw error;
      context.say(error.message);
      return;
    }
    const known = new Map(before.usages.map((usage) => [usage.attempt, usage]));
    const usages = after.usages.map((usage) => ({ ...usage, cpu: cpuShare(known.get(usage.attempt), usage) }));
    const list = await listing({ ...after, usages });
    if (goesOn) context.io.stdout.write(CLEAR);
    await printList(context, { ...list, about: { ...list.about, notes: after.notes } });
    if (!context.machineReadable) for (const note of after.notes) context.say(safe(note));
    if (!goesOn) return;
    before = after;
  }
}

async function look(context: Context, id: string, cell: string | undefined): Promise<Looked> {
  const { signal } = context;
  if (id !== '') {
    const found = await context.client().tasks.get(id, signal);
    return { usages: [{ ...(await context.client().task(found.task_guid).usage(signal)), cpu: undefined }], notes: [] };
  }
  const { usages, notes } = await context.client().tasks.usages({ signal, ...(cell === undefined ? {} : { cell }) });
  return { usages: usages.map((usage) => ({ ...usage, cpu: undefined })), notes };
}

function usageObject({
  cpu,
  cpu_nanoseconds,
  memory_bytes,
  peak_memory_bytes,
  disk_bytes,
  pids,
  ...rest
}: Sampled): object {
  return {
    schema: 'task-usage/v1',
    kind: 'task-usage',
    ...rest,
    measured_at_rfc3339: rfc3339(rest.measured_at),
    started_at_rfc3339: rfc3339(rest.started_at),
    // What cannot be measured is null, and always there.
    cpu_cores: cpu ?? null,
    cpu_nanoseconds: cpu_nanoseconds ?? null,
    memory_bytes: memory_bytes ?? null,
    peak_memory_bytes: peak_memory_bytes ?? null,
    disk_bytes: disk_bytes ?? null,
    pids: pids ?? null,
  };
}

/** Of one core, as `top` counts it. */
function percent(cores: number | undefined): string {
  return cores === undefined ? '-' : `${(cores * 100).toFixed(1)}%`;
}

const MIB = 2 ** 20;
const of = (used: number | undefined, limitMb: number) =>
  used === undefined ? '-' : `${formatSize(used)}${limitMb === 0 ? '' : ` of ${formatSize(limitMb * MIB)}`}`;

const TASKS: readonly Column<Sampled>[] = [
  { title: '#', whole: true, value: ({ number }) => String(number) },
  { title: 'Guid', value: ({ task_guid }) => task_guid },
  { title: 'Cell', value: ({ cell_id }) => cell_id },
  { title: 'CPU', whole: true, value: ({ cpu }) => percent(cpu) },
  { title: 'Memory', whole: true, value: ({ memory_bytes, memory_mb }) => of(memory_bytes, memory_mb) },
  { title: 'Peak', wide: true, value: ({ peak_memory_bytes }) => of(peak_memory_bytes, 0) },
  { title: 'Disk', whole: true, value: ({ disk_bytes, disk_mb }) => of(disk_bytes, disk_mb) },
  {
    title: 'Processes',
    whole: true,
    value: ({ pids, max_pids }) => (pids === undefined ? '-' : `${pids}${max_pids === 0 ? '' : ` of ${max_pids}`}`),
  },
  {
    title: 'Runs for',
    whole: true,
    value: ({ started_at }) => spanText(started_at, msToNanos(Date.now())),
  },
];

const CELLS: readonly Column<CellUsage>[] = [
  { title: 'Cell', value: ({ cell_id }) => cell_id },
  { title: 'State', whole: true, value: ({ state }) => state },
  { title: 'Running', whole: true, value: ({ tasks }) => String(tasks) },
  { title: 'CPU', whole: true, value: ({ cpu }) => percent(cpu) },
  { title: 'Memory', whole: true, value: (cell) => formatSize(cell.memory_bytes) },
  {
    title: 'Reserved',
    whole: true,
    value: (cell) => of(cell.memory_reserved_mb * MIB, cell.memory_mb),
  },
  { title: 'Disk', whole: true, value: (cell) => formatSize(cell.disk_bytes) },
  {
    title: 'Disk reserved',
    wide: true,
    value: (cell) => of(cell.disk_reserved_mb * MIB, cell.disk_mb),
  },
  { title: 'Processes', whole: true, value: ({ pids }) => String(pids) },
];
