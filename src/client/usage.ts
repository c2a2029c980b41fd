import type { TaskUsage__Output } from '../rpc/gen/gavel/v1/TaskUsage.ts';
import type { Connection } from './connection.ts';

/** What a running task uses at one moment. What its cell cannot measure is undefined. */
export interface TaskUsage {
  readonly task_guid: string;
  readonly number: number;
  readonly cell_id: string;
  readonly attempt: string;
  /** UNIX nanoseconds, the cell's clock. */
  readonly measured_at: bigint;
  /** Of all processes so far: two looks make a rate (`cpuShare`). */
  readonly cpu_nanoseconds?: bigint;
  /** With the page cache, as the limit counts it. */
  readonly memory_bytes?: number;
  readonly peak_memory_bytes?: number;
  readonly disk_bytes?: number;
  /** Processes and threads. */
  readonly pids?: number;
  /** Limits; 0 = none. */
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly max_pids: number;
  /** UNIX nanoseconds. */
  readonly started_at: bigint;
}

export interface Usages {
  readonly usages: readonly TaskUsage[];
  /** What could not be asked, and why. */
  readonly notes: readonly string[];
}

/** Of one running task, or with an empty id of all of them, on one cell or on any. */
export async function readUsages(
  connection: Connection,
  id: string,
  { cell = '', signal }: { readonly cell?: string; readonly signal?: AbortSignal | undefined },
): Promise<Usages> {
  const request = { task_guid: id, cell_id: cell };
  const { usages, notes } = await connection.tasks.ListUsage(request, connection.call(signal));
  return { usages: usages.map(usageFromWire), notes };
}

/** Cores in use between two looks at one attempt, 1 = one whole core; undefined where it cannot be told. */
export function cpuShare(before: TaskUsage | undefined, after: TaskUsage): number | undefined {
  if (before?.attempt !== after.attempt || before.cpu_nanoseconds === undefined || after.cpu_nanoseconds === undefined)
    return undefined;
  const passed = Number(after.measured_at - before.measured_at);
  return passed <= 0 ? undefined : Math.max(0, Number(after.cpu_nanoseconds - before.cpu_nanoseconds) / passed);
}

function usageFromWire(wire: TaskUsage__Output): TaskUsage {
  const { task_guid, cell_id, attempt, memory_mb, disk_mb, max_pids } = wire;
  const number = (name: 'memory_bytes' | 'peak_memory_bytes' | 'disk_bytes') => {
    const value = wire[`_${name}`] === undefined ? undefined : wire[name];
    return value === undefined ? {} : { [name]: Number(value) };
  };
  return {
    task_guid,
    number: Number(wire.number),
    cell_id,
    attempt,
    measured_at: BigInt(wire.measured_at),
    // What was not set has the wire's default, and no mark that it was there.
    ...(wire._cpu_nanoseconds === undefined ? {} : { cpu_nanoseconds: BigInt(wire.cpu_nanoseconds ?? 0) }),
    ...number('memory_bytes'),
    ...number('peak_memory_bytes'),
    ...number('disk_bytes'),
    ...(wire._pids === undefined || wire.pids === undefined ? {} : { pids: wire.pids }),
    memory_mb,
    disk_mb,
    max_pids,
    started_at: BigInt(wire.started_at),
  };
}
