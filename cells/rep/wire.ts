import type { TaskState } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { stateFromWire, usageToWire } from '../../src/rpc/codec.ts';
import type { CellTask__Output } from '../../src/rpc/gen/gavel/v1/CellTask.ts';
import type { LogEntry } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { TaskClaim, TaskClaim__Output } from '../../src/rpc/gen/gavel/v1/TaskClaim.ts';
import type { TaskOutcome } from '../../src/rpc/gen/gavel/v1/TaskOutcome.ts';
import type { LogEndRecord, LogRecord } from '../executor/logs/record.ts';

/** Which task, which placement of it. The attempt alone is unique; the guid is for the BBS and for people. */
export interface Claim {
  readonly guid: string;
  readonly attempt: string;
}

export function claimToWire({ guid, attempt }: Claim): TaskClaim {
  return { task_guid: guid, attempt };
}

export function claimFromWire(wire: TaskClaim__Output | null | undefined): Claim | undefined {
  if (wire === null || wire === undefined || wire.attempt === '' || wire.task_guid === '') return undefined;
  return { guid: wire.task_guid, attempt: wire.attempt };
}

export interface BbsAttempt extends Claim {
  readonly state: TaskState;
  readonly epoch: string;
}

export function cellTaskFromWire(wire: CellTask__Output): BbsAttempt | undefined {
  const claim = claimFromWire(wire.claim);
  const state = stateFromWire(wire.state);
  return claim === undefined || state === undefined ? undefined : { ...claim, state, epoch: wire.epoch };
}

export function endingToWire(ending: Ending): TaskOutcome {
  const { result, usage, exit_code, ...plain } = ending;
  return {
    ...plain,
    ...(exit_code === undefined ? {} : { exit_code }),
    result: Buffer.from(result),
    usage: usageToWire(usage),
  };
}

export function logToWire(record: LogRecord | LogEndRecord): LogEntry {
  if (record.kind === 'line') {
    const { sequence, time, stream, source, text, newline } = record;
    return { line: { sequence, time: time.toString(), stream, source, text, newline } };
  }
  if (record.kind === 'gap') {
    const { afterSequence: after_sequence, lines, bytes, reason } = record;
    return { gap: { after_sequence, lines, bytes, reason } };
  }
  const { lastSequence: last_sequence, stdoutBytes: stdout_bytes, stderrBytes: stderr_bytes, reason } = record;
  const { stdoutSha256: stdout_sha256, stderrSha256: stderr_sha256 } = record;
  return { end: { last_sequence, stdout_bytes, stderr_bytes, stdout_sha256, stderr_sha256, reason } };
}
