import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { LogEntry } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { LogsWanted__Output } from '../../src/rpc/gen/gavel/v1/LogsWanted.ts';
import type { PushLogsRequest } from '../../src/rpc/gen/gavel/v1/PushLogsRequest.ts';
import type { LogEndRecord, LogRecord } from '../executor/logs/record.ts';
import type { Spools } from '../executor/logs/spools.ts';
import type { CellClient } from './peers.ts';
import { claimFromWire, logToWire } from './wire.ts';

export interface LogPushDeps {
  readonly cellId: string;
  readonly spools: Spools;
  readonly leaving: AbortSignal;
  readonly log: Logger;
}

const MESSAGE_MAX_BYTES = 512 * 1_024;

/** Answers one `logs_wanted`: what the spool has, then what comes, until its end or until the reader has gone. */
export async function pushLogs(deps: LogPushDeps, wanted: LogsWanted__Output, client: CellClient): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  deps.leaving.addEventListener('abort', leave, { once: true });
  try {
    // The BBS answers when it has enough; that ends our side too.
    await client.PushLogs(messages(deps, wanted, gone.signal), { signal: deps.leaving });
  } catch (error) {
    deps.log.debug({ request: wanted.request_id, error: errorText(error) }, 'logs.push-ended');
  } finally {
    deps.leaving.removeEventListener('abort', leave);
    gone.abort();
  }
}

async function* messages(
  deps: LogPushDeps,
  wanted: LogsWanted__Output,
  signal: AbortSignal,
): AsyncGenerator<PushLogsRequest> {
  // At once, so that the BBS knows that somebody answers.
  yield { request_id: wanted.request_id, cell_id: deps.cellId, entries: [] };
  const claim = claimFromWire(wanted.claim);
  const spool = claim === undefined ? undefined : await deps.spools.find(claim.guid, claim.attempt);
  if (spool === undefined) {
    yield { entries: [{ end: { reason: `cell ${deps.cellId} keeps no output of this task (any more)` } }] };
    return;
  }
  const { after_sequence, follow = false, stream = '', source = '' } = wanted.request ?? {};
  for await (const batch of spool.follow(Number(after_sequence ?? 0), follow, signal)) {
    const entries = batch.filter((record) => matches(record, stream, source));
    for (const part of parts(entries)) yield { entries: part };
  }
}

function matches(record: LogRecord | LogEndRecord, stream: string, source: string): boolean {
  if (record.kind !== 'line') return true;
  return (stream === '' || record.stream === stream) && (source === '' || record.source === source);
}

function* parts(records: readonly (LogRecord | LogEndRecord)[]): Generator<LogEntry[]> {
  let part: LogEntry[] = [];
  let bytes = 0;
  for (const record of records) {
    part.push(logToWire(record));
    bytes += record.kind === 'line' ? record.text.length + 64 : 64;
    if (bytes < MESSAGE_MAX_BYTES) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
