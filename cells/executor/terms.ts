import { durationMs } from '../../src/domain/duration.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import { processOf } from './actions/root.ts';
import type { Amounts } from './capacity.ts';

/**
 * What has to be known of a task once its process runs: enough to end it, judge it and report it after a restart of the cell,
 * without its secrets (environment, registry password), which never come to disk.
 */
export interface RunTerms {
  readonly amounts: Amounts;
  readonly resultFile: string;
  /** Paths to archive after the run. */
  readonly outputs: readonly string[];
  /** Diego's SOURCE of log lines and failure texts. */
  readonly source: string;
  readonly suppressOutput: boolean;
  readonly stopSignal: string;
  readonly stopGraceMs: number;
  readonly maxRunMs: number | undefined;
  /** Undefined = as much as it likes; 0 = nothing is kept. */
  readonly logBytesPerSecond: number | undefined;
}

const DEFAULT_GRACE_MS = 10_000;

export function termsOf(task: TaskDefinition): RunTerms {
  const run = processOf(task.action);
  const rate = task.log_rate_limit?.bytes_per_second ?? -1;
  return {
    amounts: {
      memoryMb: task.memory_mb,
      diskMb: task.disk_mb,
      containers: 1,
      cpuWeight: task.cpu_weight,
    },
    resultFile: task.result_file,
    outputs: task.outputs,
    source: firstOf(run?.log_source, task.log_source, 'LOG'),
    suppressOutput: run?.suppress_log_output ?? false,
    stopSignal: firstOf(task.stop?.signal, 'SIGTERM'),
    stopGraceMs: durationMs(task.stop?.grace) ?? DEFAULT_GRACE_MS,
    maxRunMs: durationMs(task.max_run_time),
    logBytesPerSecond: rate < 0 ? undefined : rate,
  };
}

/** For a container of which nothing else is known any more: only to be ended, never to be judged a success by a result file. */
export const UNKNOWN_TERMS: RunTerms = {
  amounts: { memoryMb: 0, diskMb: 0, containers: 1, cpuWeight: 0 },
  resultFile: '',
  outputs: [],
  source: 'LOG',
  suppressOutput: false,
  stopSignal: 'SIGTERM',
  stopGraceMs: DEFAULT_GRACE_MS,
  maxRunMs: undefined,
  logBytesPerSecond: undefined,
};

function firstOf(...texts: readonly (string | undefined)[]): string {
  return texts.find((text) => text !== undefined && text !== '') ?? '';
}
