import type { LogEntry__Output } from '../rpc/gen/gavel/v1/LogEntry.ts';
import { type Connection, Patience, throwIfGivenUp } from './connection.ts';
import { taskError } from './errors.ts';
import { nanosOf } from './nanos.ts';

export interface LogLine {
  readonly type: 'line';
  /** 1, 2, 3, ... over both streams of a task. */
  readonly sequence: number;
  /** UNIX nanoseconds, the cell's clock. */
  readonly time: bigint;
  /** `system`: said about the task by what runs it, not by the task. */
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly source: string;
  /** Without its newline. */
  readonly text: Buffer;
  readonly newline: boolean;
}

/** Lines that were dropped, and why. */
export interface LogGap {
  readonly type: 'gap';
  readonly after_sequence: number;
  readonly lines: number;
  readonly bytes: number;
  readonly reason: string;
}

/** The last entry of a stream that is complete. `reason` says why it ends although the task goes on. */
export interface LogEnd {
  readonly type: 'end';
  readonly last_sequence: number;
  readonly stdout_bytes: number;
  readonly stderr_bytes: number;
  /** Of all that is kept of the stream, each line and its newline in order, in hex; empty where that is not known. */
  readonly stdout_sha256: string;
  readonly stderr_sha256: string;
  readonly reason: string;
}

export type LogEntry = LogLine | LogGap | LogEnd;

export interface LogOptions {
  /** Go on as lines are written; otherwise what there is. */
  readonly follow?: boolean;
  readonly afterSequence?: number;
  /** Only lines written since (UNIX nanoseconds or a Date), by the cell's clock. */
  readonly since?: bigint | Date;
  readonly stream?: 'stdout' | 'stderr';
  readonly source?: string;
  readonly signal?: AbortSignal;
}

/** The lines of a task, its end mark last. A broken stream goes on behind the last line that arrived. */
export async function* followLogs(
  connection: Connection,
  guid: string,
  options: LogOptions = {},
): AsyncGenerator<LogEntry, void, undefined> {
  let after = options.afterSequence ?? 0;
  const since = nanosOf(options.since);
  const patience = new Patience(connection);
  const call = options.signal === undefined ? {} : { signal: options.signal };
  for (;;) {
    throwIfGivenUp(options.signal);
    try {
      const request = {
        task_guid: guid,
        follow: options.follow ?? false,
        after_sequence: after,
        stream: options.stream ?? '',
        source: options.source ?? '',
      };
      for await (const message of connection.tasks.FollowLogs(request, call)) {
        patience.renew();
        const entry = entryOf(message);
        if (entry === undefined) continue;
        if (entry.type === 'line') {
          if (entry.sequence <= after) continue;
          after = entry.sequence;
          if (entry.time < since) continue;
        }
        yield entry;
        if (entry.type === 'end') return;
      }
      await patience.retry(taskError('unavailable', 'the log stream ended before its end mark'), options.signal);
    } catch (error) {
      await patience.retry(error, options.signal);
    }
  }
}

function entryOf({ line, gap, end }: LogEntry__Output): LogEntry | undefined {
  if (line) {
    const stream = line.stream === 'stdout' || line.stream === 'stderr' ? line.stream : 'system';
    return {
      type: 'line',
      sequence: Number(line.sequence),
      time: BigInt(line.time),
      stream,
      source: line.source,
      text: line.text,
      newline: line.newline,
    };
  }
  if (gap) {
    return {
      type: 'gap',
      after_sequence: Number(gap.after_sequence),
      lines: Number(gap.lines),
      bytes: Number(gap.bytes),
      reason: gap.reason,
    };
  }
  if (end) {
    return {
      type: 'end',
      last_sequence: Number(end.last_sequence),
      stdout_bytes: Number(end.stdout_bytes),
      stderr_bytes: Number(end.stderr_bytes),
      stdout_sha256: end.stdout_sha256,
      stderr_sha256: end.stderr_sha256,
      reason: end.reason,
    };
  }
  return undefined;
}
