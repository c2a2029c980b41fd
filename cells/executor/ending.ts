import { formatGoDuration, formatSeconds } from '../../src/domain/duration.ts';
import type { Outcome, Usage } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import type { StepResult } from './actions/step.ts';
import type { ContainerExit, ContainerState } from './runtime.ts';
import type { RunTerms } from './terms.ts';

const PLAIN = { oom_killed: false, result: '', result_truncated: false, result_bytes: 0 } as const;

/** A failure that is none of the task's own doing. */
export function infraFailed(failure_code: string, failure_reason: string): Ending {
  return { outcome: 'infra_failed', failure_code, failure_reason, ...PLAIN };
}

/** Of an exit that nobody can tell from the engine's own doing: neither a success nor the task's failure. */
export function engineRestarted(): Ending {
  return infraFailed('engine_restarted', 'the container engine was restarted while it ran, and may have ended it');
}

/** Why the cell ended a process that would have gone on. */
export type StopCause = 'ended' | 'timed_out' | 'disk_exceeded' | 'fenced' | 'cell_stopped' | 'cell_drained';

export const DISK_EXCEEDED = {
  outcome: 'failed',
  failure_code: 'disk_quota',
  failure_reason: 'disk quota exceeded',
} as const;

const STOPPED: Readonly<
  Record<Exclude<StopCause, 'timed_out' | 'disk_exceeded'>, readonly [code: string, reason: string]>
> = {
  // Nobody reads this one: the task's record was final before the process was stopped.
  ended: ['cancelled', 'task was cancelled'],
  fenced: ['cell_fenced', 'the cell lost contact with the BBS and stopped its tasks'],
  cell_stopped: ['cell_stopped', 'cell stopped'],
  cell_drained: ['cell_drained', 'cell was drained, and the task still ran at its deadline'],
};

/** What an exit means. A success still needs its result file (`withResult`). */
export function endingOf(
  exit: ContainerExit,
  state: ContainerState,
  terms: RunTerms,
  stopped: StopCause | undefined,
): Ending {
  const facts = { ...PLAIN, oom_killed: exit.oomKilled, exit_code: exit.exitCode, ...usageOf(state) };
  const failed = (outcome: Outcome, failure_code: string, failure_reason: string): Ending => ({
    ...facts,
    outcome,
    failure_code,
    failure_reason,
  });
  if (stopped !== undefined) return { ...facts, ...ofStop(stopped, terms) };
  if (exit.error !== '') return failed('failed', codeOfError(exit.error), `${terms.source}: ${exit.error}`);
  if (exit.exitCode === 0) return { ...facts, outcome: 'succeeded', failure_code: '', failure_reason: '' };
  return failed('failed', exit.oomKilled ? 'oom' : 'exit', `${terms.source}: ${exitText('Exited with status', exit)}`);
}

/** What the result of a tree of actions means. A success still needs its result file. */
export function endingOfSteps(
  result: StepResult,
  state: ContainerState,
  terms: RunTerms,
  stopped: StopCause | undefined,
): Ending {
  const { exit } = result;
  const facts = {
    ...PLAIN,
    ...(exit === undefined ? {} : { oom_killed: exit.oomKilled, exit_code: exit.exitCode }),
    ...usageOf(state),
  };
  if (stopped !== undefined) return { ...facts, ...ofStop(stopped, terms) };
  switch (result.kind) {
    case 'succeeded':
      return { ...facts, outcome: 'succeeded', failure_code: '', failure_reason: '' };
    case 'cancelled':
      if (result.atCheckpoint === true)
        return { ...facts, outcome: 'cancelled', failure_code: 'cancelled', failure_reason: 'task was cancelled' };
      return { ...facts, outcome: 'infra_failed', failure_code: 'step_broke', failure_reason: 'cancelled' };
    case 'failed': {
      const outcome = result.code === 'timed_out' ? 'timed_out' : result.infra === true ? 'infra_failed' : 'failed';
      return { ...facts, outcome, failure_code: result.code, failure_reason: result.text };
    }
  }
}

function ofStop(stopped: StopCause, terms: RunTerms): Pick<Ending, 'outcome' | 'failure_code' | 'failure_reason'> {
  if (stopped === 'timed_out') {
    const failure_reason = `exceeded ${formatGoDuration(terms.maxRunMs ?? 0)} timeout`;
    return { outcome: 'timed_out', failure_code: 'timed_out', failure_reason };
  }
  if (stopped === 'disk_exceeded') return DISK_EXCEEDED;
  const [failure_code, failure_reason] = STOPPED[stopped];
  return { outcome: 'infra_failed', failure_code, failure_reason };
}

/** Diego's line for people at the end of a run. */
export function exitText(prefix: 'Exit status' | 'Exited with status', exit: ContainerExit, remark = ''): string {
  // A child may have been killed for memory while the main process went on to succeed: a fact, but no verdict.
  return `${prefix} ${exit.exitCode}${remark}${exit.oomKilled && exit.exitCode !== 0 ? ' (out of memory)' : ''}`;
}

export function codeOfError(error: string): string {
  if (/not found|no such file/i.test(error)) return 'command_not_found';
  return /not executable|permission denied/i.test(error) ? 'command_not_executable' : 'command_failed';
}

function usageOf({ startedAt, finishedAt }: ContainerState): { usage?: Usage } {
  if (startedAt === undefined || finishedAt === undefined || finishedAt < startedAt) return {};
  const run_time = formatSeconds(Number((finishedAt - startedAt) / 1_000_000n));
  return { usage: { peak_memory_bytes: 0, disk_bytes: 0, run_time } };
}
