import { DomainError } from '../../src/domain/errors.ts';
import type { FollowLogsRequest__Output } from '../../src/rpc/gen/gavel/v1/FollowLogsRequest.ts';
import type { LogEntry } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import type { Events } from '../events.ts';
import type { History } from '../history/history.ts';
import type { LogRelay } from '../logs.ts';
import type { Tasks } from '../tasks.ts';
import type { View } from '../view.ts';

export interface LogsDeps {
  readonly view: View;
  readonly tasks: Tasks;
  readonly events: Events;
  readonly history: History;
  readonly logs: LogRelay;
}

interface Place {
  readonly guid: string;
  readonly cellId: string;
  readonly attempt: string;
  readonly waiting: boolean;
}

const LOOK_AGAIN_MS = 5_000;

/** One seamless stream: backlog, then live lines, ended by an end mark. A task that waits for its cell is waited for when `follow` is set. */
export async function* followLogs(
  deps: LogsDeps,
  request: FollowLogsRequest__Output,
  within: Domains,
  signal: AbortSignal,
): AsyncGenerator<LogEntry> {
  if (!['', 'stdout', 'stderr', 'system'].includes(request.stream)) {
    throw new DomainError('invalid_argument', 'stream: must be stdout, stderr, system or empty for all', {
      faults: [{ field: 'stream', message: 'must be stdout, stderr, system or empty for all' }],
    });
  }
  let after = Number(request.after_sequence);
  let place = await locate(deps, request.task_guid, within);
  const nothing = (reason: string): LogEntry => ({
    end: { last_sequence: after, stdout_bytes: 0, stderr_bytes: 0, reason },
  });
  while (!signal.aborted) {
    if (place.cellId === '') {
      if (!place.waiting) return yield nothing('');
      if (!request.follow) return yield nothing('the task has not been placed yet');
      place = await moved(deps, place, within, signal);
      continue;
    }
    const order = {
      guid: place.guid,
      attempt: place.attempt,
      afterSequence: after,
      follow: request.follow,
      stream: request.stream,
      source: request.source,
    };
    let again = false;
    for await (const entry of deps.logs.follow(place.cellId, order, signal)) {
      if (entry.line !== undefined && entry.line !== null) after = Number(entry.line.sequence);
      // The attempt was given up before it began: the next one's output is what the reader waits for.
      if (entry.end !== undefined && entry.end !== null) {
        const now = await locate(deps, request.task_guid, within);
        again = request.follow && now.attempt !== place.attempt && (now.waiting || now.cellId !== '');
        if (again) {
          place = now;
          break;
        }
      }
      yield entry;
    }
    if (!again) return;
  }
}

async function locate(deps: LogsDeps, id: string, within: Domains): Promise<Place> {
  await deps.tasks.caughtUp();
  const guid = (/^\d{1,15}$/.test(id) ? deps.view.guidOfNumber(Number(id)) : undefined) ?? id;
  const live = (await deps.tasks.find(guid))?.status;
  if (live !== undefined && isWithin(within, live.domain))
    return { guid, cellId: live.cell_id, attempt: live.attempt, waiting: live.state === 'PENDING' };
  const finished = (await deps.history.get(id, within))?.task;
  if (finished === undefined) throw new DomainError('not_found', `no task ${id}`);
  return { guid: finished.task_guid, cellId: finished.cell_id, attempt: finished.attempt, waiting: false };
}

/** Waits until the task is no longer where it was. */
async function moved(deps: LogsDeps, place: Place, within: Domains, signal: AbortSignal): Promise<Place> {
  const from = deps.events.position('');
  const now = await locate(deps, place.guid, within);
  if (now.cellId !== place.cellId || now.waiting !== place.waiting || from === undefined) return now;
  for await (const events of deps.events.read(from, signal, LOOK_AGAIN_MS)) {
    if (events?.some((event) => event.kind === 'task' && event.guid === place.guid) !== false) break;
  }
  return locate(deps, place.guid, within);
}
