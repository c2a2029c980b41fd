import { isUtf8 } from 'node:buffer';
import { taskToObject } from '../../src/platform/task-json.ts';
import type { LogEntry } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import { requestOf } from '../../src/rpc/request.ts';
import { followCellLog } from '../api/cluster.ts';
import { followLogs, type LogsDeps } from '../api/logs.ts';
import { type WatchEvent, watchTasks } from '../api/tasks.ts';
import { fullTask } from '../live-task.ts';
import { errorBody } from './answer.ts';
import type { Answer, Call } from './route.ts';
import { SSE_IDLE, sse } from './stream.ts';

const SSE = 'text/event-stream';

interface EventQuery {
  readonly cursor: string;
  readonly since: string;
  readonly task_guid: string;
  readonly domain: string;
  readonly cell_id: string;
}

export function eventStream(deps: LogsDeps, { query, lastEventId, identity }: Call<EventQuery, unknown>): Answer {
  const { cursor, since, task_guid, domain, cell_id } = query;
  // What a client has seen last wins over where it began.
  const from = lastEventId === '' ? cursor : lastEventId;
  const request = requestOf('TaskService', 'WatchTasks', { cursor: from, since, task_guid, domain, cell_id });
  async function* chunks(signal: AbortSignal) {
    for await (const event of watchTasks(deps, request, identity.domains, signal)) yield eventText(event);
  }
  return { stream: { type: SSE, chunks, failure: sseFailure } };
}

function eventText(event: WatchEvent): string {
  const { type, cursor: id } = event;
  const task = (live: Parameters<typeof fullTask>[0]) => taskToObject(fullTask(live));
  switch (type) {
    // Moves the client's Last-Event-ID on, so that it resumes from here after a quiet time.
    case 'heartbeat':
      return sse({ comment: 'heartbeat', id });
    case 'resync_needed':
      return sse({ event: type, id, data: { cursor: id, reason: event.reason } });
    case 'changed':
      return sse({ event: type, id, data: { cursor: id, task: task(event.task), before: task(event.before) } });
    default:
      return sse({ event: type, id, data: { cursor: id, task: task(event.task) } });
  }
}

interface LogQuery {
  readonly follow: boolean;
  readonly after_sequence: number;
  readonly stream: string;
  readonly source: string;
}

export function logStream(deps: LogsDeps, call: Call<LogQuery, unknown>): Answer {
  const { follow, stream, source, after_sequence } = call.query;
  const after = /^\d{1,15}$/.test(call.lastEventId) ? Number(call.lastEventId) : after_sequence;
  const request = requestOf('TaskService', 'FollowLogs', {
    task_guid: call.guid,
    follow,
    after_sequence: after,
    stream,
    source,
  });
  const asEvents = call.accept.includes(SSE);
  async function* chunks(signal: AbortSignal) {
    for await (const entry of followLogs(deps, request, call.identity.domains, signal)) {
      const chunk = asEvents ? logEvent(entry) : logText(entry);
      if (chunk !== undefined) yield chunk;
    }
  }
  if (asEvents) return { stream: { type: SSE, chunks, idle: SSE_IDLE, failure: sseFailure } };
  // A text that is cut must not look complete: the connection breaks off instead.
  return { stream: { type: 'text/plain; charset=utf-8', chunks, failure: () => undefined } };
}

export function cellLogStream(
  deps: Parameters<typeof followCellLog>[0],
  question: Parameters<typeof followCellLog>[1],
): Answer {
  async function* chunks(signal: AbortSignal) {
    for await (const { lines } of followCellLog(deps, question, signal))
      if (lines.length > 0) yield lines.map(({ text }) => `${text}\n`).join('');
  }
  // An empty line between two objects is nothing to their readers.
  return { stream: { type: 'text/plain; charset=utf-8', chunks, idle: '\n', failure: () => undefined } };
}

function logEvent({ line, gap, end }: LogEntry): string | undefined {
  if (line) {
    const bytes = bytesOf(line.text);
    const whole = isUtf8(bytes);
    return sse({
      event: 'line',
      id: String(line.sequence),
      data: {
        sequence: Number(line.sequence),
        time: BigInt(String(line.time)),
        stream: line.stream ?? '',
        source: line.source ?? '',
        text: bytes.toString('utf8'),
        // Text cannot carry these bytes.
        bytes: whole ? null : bytes.toString('base64'),
        newline: line.newline ?? false,
      },
    });
  }
  if (gap) {
    const { after_sequence, lines, bytes, reason = '' } = gap;
    const data = { after_sequence: Number(after_sequence), lines: Number(lines), bytes: Number(bytes), reason };
    return sse({ event: 'gap', data });
  }
  if (end) {
    const { last_sequence, stdout_bytes, stderr_bytes, stdout_sha256 = '', stderr_sha256 = '', reason = '' } = end;
    const counts = { stdout_bytes: Number(stdout_bytes), stderr_bytes: Number(stderr_bytes) };
    const data = { last_sequence: Number(last_sequence), ...counts, stdout_sha256, stderr_sha256, reason };
    return sse({ event: 'end', data });
  }
  return undefined;
}

function logText({ line, gap }: LogEntry): Uint8Array | string | undefined {
  if (line) {
    const bytes = bytesOf(line.text);
    return line.newline === true ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes;
  }
  if (gap)
    return `[gavel: ${Number(gap.lines)} lines (${Number(gap.bytes)} bytes) are missing here: ${gap.reason ?? ''}]\n`;
  return undefined;
}

function bytesOf(text: Buffer | Uint8Array | string | undefined): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text ?? []);
}

function sseFailure(error: unknown): string {
  return sse({ event: 'error', data: errorBody(error).body });
}
