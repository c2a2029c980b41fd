import { isDomainError } from '../src/domain/errors.ts';
import { LONG_BUCKETS, type Metrics } from '../src/platform/metrics.ts';
import type { Capacity } from './executor/capacity.ts';
import type { ContainerRuntime } from './executor/runtime.ts';

const MIB = 2 ** 20;

export interface CellFacts {
  readonly capacity: Capacity;
  /** Attempts that the cell holds, running or on the way. */
  readonly tasks: () => number;
  /** Why it takes no work; empty = it does. */
  readonly closedReason: () => string;
}

/** What the cell has, read from its books at the moment of a scrape. */
export function measureCell(metrics: Metrics, { capacity, tasks, closedReason }: CellFacts): void {
  const told = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name, help }, (gauge) => gauge.set(value()));
  told('gavel_cell_capacity_memory_bytes', 'Memory for tasks', () => capacity.total.memoryMb * MIB);
  told('gavel_cell_free_memory_bytes', 'Memory that no task has reserved', () => capacity.free.memoryMb * MIB);
  told('gavel_cell_capacity_disk_bytes', 'Disk for tasks', () => capacity.total.diskMb * MIB);
  told('gavel_cell_free_disk_bytes', 'Disk that no task has reserved', () => capacity.free.diskMb * MIB);
  told('gavel_cell_capacity_containers', 'Most tasks at once', () => capacity.total.containers);
  told('gavel_cell_containers', 'Containers that tasks have reserved', () => capacity.used.containers);
  told('gavel_cell_tasks', 'Tasks that the cell holds, running or on the way', tasks);
  told('gavel_cell_open', '1 while the cell takes work', () => (closedReason() === '' ? 1 : 0));
}

/** Calls that last as long as the task does are not timed. */
const UNTIMED = new Set(['waitForExit', 'attach', 'close']);

/** The same engine, its calls timed and its own faults counted. What the engine rightly refuses (no such image) is no fault of it. */
export function measuredRuntime(runtime: ContainerRuntime, metrics: Metrics): ContainerRuntime {
  const labels = ['operation'];
  const errors = metrics.counter({
    name: 'gavel_engine_errors_total',
    help: 'Calls to the container engine that it did not answer, or not in time, or with a fault of its own',
    labels,
  });
  const seconds = metrics.histogram(
    { name: 'gavel_engine_call_seconds', help: 'Duration of calls to the container engine', labels },
    LONG_BUCKETS,
  );
  const failed = (operation: string, error: unknown) => {
    const ours = isDomainError(error) && !['unavailable', 'deadline', 'internal'].includes(error.code);
    if (!ours) errors.labels(operation).inc();
  };
  const wrapped = new Map<PropertyKey, unknown>();
  return new Proxy(runtime, {
    get: (target, name) => {
      // Read from the engine itself: it has private fields.
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      const known = wrapped.get(name);
      if (known !== undefined) return known;
      const operation = String(name);
      const measured = async (...args: unknown[]): Promise<unknown> => {
        const begun = performance.now();
        try {
          return (await Reflect.apply(method, target, args)) as unknown;
        } catch (error) {
          failed(operation, error);
          throw error;
        } finally {
          if (!UNTIMED.has(operation)) seconds.labels(operation).observe((performance.now() - begun) / 1_000);
        }
      };
      wrapped.set(name, measured);
      return measured;
    },
  });
}
