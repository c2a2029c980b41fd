import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import TinyQueue from 'tinyqueue';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { aborted } from '../../src/platform/group.ts';
import { taskFromJson, taskToJson } from '../../src/platform/task-json.ts';
import { traced } from '../../src/platform/trace.ts';
import { decodeRecord, encodeRecord } from '../codec.ts';
import type { History } from '../history/history.ts';
import { outboxKey } from '../keys.ts';
import { fullTask } from '../live-task.ts';
import type { DeliveryRecord, OutboxRecord } from '../records.ts';
import type { Store } from '../store/store.ts';
import type { Tasks } from '../tasks.ts';
import type { View } from '../view.ts';
import { deadLetter } from './dead-letter.ts';
import { type PostOptions, post } from './post.ts';
import { isAcknowledged, nextPauseMs } from './schedule.ts';
import type { CallbackSecrets } from './secrets.ts';

export interface CallbackDeps {
  readonly store: Store;
  readonly view: View;
  readonly tasks: Tasks;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Logger;
  readonly schedule: readonly number[];
  readonly post: Omit<PostOptions, 'secrets'>;
  readonly secrets: CallbackSecrets;
  /** Told of every try: the HTTP status (0 = no answer) and how long it took. */
  /** Told of what is given up. */
  readonly onDead?: (job: OutboxRecord, task: () => Task) => void;
  readonly onTried?: (status: number, ms: number) => void;
}

/** Tries under way at once to one destination, and in all: a receiver that is slow holds up only itself. */
const PER_ORIGIN = 8;
const IN_ALL = 256;
const LONGEST_TIMER_MS = 60_000;
const AGAIN_MS = 1_000;
/** Those told on the timeline. */
const MOST_TRIES = 20;
/** Until the next look when somebody else is handing the task over. */
const BUSY_MS = 5_000;
/** Shorter than a task stays with its resolver. */
const SETTLE_MS = 20_000;
const SETTLE_PAUSE_MS = 300;

interface Lane {
  active: number;
  /** Uids that are due and wait for their destination. */
  readonly waiting: string[];
}

/** Delivers what the outbox owes. Runs in one BBS at a time; two for a moment send a callback twice at worst, under the same webhook-id. */
export async function deliverCallbacks(deps: CallbackDeps, signal: AbortSignal): Promise<void> {
  const { view, clock } = deps;
  const queue = new TinyQueue<{ at: number; uid: string }>([], (a, b) => a.at - b.at);
  const lanes = new Map<string, Lane>();
  /** Uids that wait in a lane or are being tried. */
  const taken = new Set<string>();
  let active = 0;
  let timer: NodeJS.Timeout | undefined;

  const arm = () => {
    clearTimeout(timer);
    const next = queue.peek();
    if (next === undefined || signal.aborted) return;
    timer = setTimeout(fire, Math.max(0, Math.min(next.at - clock.nowMs(), LONGEST_TIMER_MS)));
  };
  const fire = () => {
    const now = clock.nowMs();
    for (let next = queue.peek(); next !== undefined && next.at <= now; next = queue.peek()) {
      queue.pop();
      const job = view.owed(next.uid);
      if (job === undefined || job.dead === true || taken.has(next.uid) || job.next_at > now) continue;
      taken.add(next.uid);
      const origin = originOf(job.url);
      const lane = lanes.get(origin) ?? { active: 0, waiting: [] };
      lanes.set(origin, lane);
      lane.waiting.push(next.uid);
      serve(origin, lane);
    }
    arm();
  };
  const serve = (origin: string, lane: Lane) => {
    while (lane.active < PER_ORIGIN && active < IN_ALL && !signal.aborted) {
      const uid = lane.waiting.shift();
      if (uid === undefined) break;
      lane.active += 1;
      active += 1;
      void attempt(deps, uid)
        .catch((error: unknown) => {
          deps.log.warn({ uid, error: errorText(error) }, 'callback.attempt-failed');
          queue.push({ at: clock.nowMs() + AGAIN_MS, uid });
        })
        .finally(() => {
          lane.active -= 1;
          active -= 1;
          taken.delete(uid);
          if (lane.active === 0 && lane.waiting.length === 0) lanes.delete(origin);
          const owed = view.owed(uid);
          if (owed !== undefined) queue.push({ at: owed.next_at, uid });
          for (const [name, other] of active < IN_ALL ? lanes : []) serve(name, other);
          arm();
        });
    }
  };
  const unlisten = view.listen((change) => {
    if (change.kind === 'reset') for (const job of view.outbox()) queue.push({ at: job.next_at, uid: job.uid });
    if (change.kind !== 'outbox' || change.after === undefined) return;
    queue.push({ at: change.after.next_at, uid: change.uid });
    arm();
  });
  for (const job of view.outbox()) queue.push({ at: job.next_at, uid: job.uid });
  arm();
  await aborted(signal);
  unlisten();
  clearTimeout(timer);
}

async function attempt(deps: CallbackDeps, uid: string): Promise<void> {
  // Asked of the store itself: once an acknowledgement is recorded, no further POST is begun.
  const entry = await deps.store.get(outboxKey(uid));
  if (entry === undefined) return;
  const job = decodeRecord<OutboxRecord>(entry.value);
  const held = await hold(deps, job);
  if (held === 'later') return save(deps, job, { next_at: deps.clock.nowMs() + BUSY_MS });
  if (held === 'no record') {
    deps.log.error({ guid: job.task_guid }, 'callback.record-gone');
    return forget(deps, job);
  }
  const now = deps.clock.nowMs();
  const secrets = await deps.secrets.signing(now);
  const begun = performance.now();
  const attributes = { 'gavel.task': job.task_guid, 'gavel.callback.attempt': job.attempts + 1 };
  const result = await traced(
    'callback',
    { kind: 'client', parent: held.traceparent, attributes },
    async () => await post(job.url, held.body, job.uid, now, { ...deps.post, secrets }),
  );
  deps.onTried?.(result.status, performance.now() - begun);
  const attempts = job.attempts + 1;
  const made = { at: deps.clock.nowNanos().toString(), status: result.status, error: result.error };
  const tries = [...(job.tries ?? []), made].slice(-MOST_TRIES);
  const ledger = { url: job.url, attempts, last_status: result.status, last_error: result.error, tries };
  deps.log.info({ guid: job.task_guid, attempts, status: result.status, error: result.error }, 'callback.tried');
  if (isAcknowledged(result.status)) return settleSurely(deps, job, held.live, { ...ledger, state: 'delivered' });
  const pause = nextPauseMs(deps.schedule, attempts - (job.resent_after ?? 0), result.retryAfterMs, Math.random());
  if (pause === undefined) {
    deps.onDead?.({ ...job, ...ledger }, () => taskFromJson(held.body));
    return settle(deps, job, held.live, { ...ledger, state: 'dead' });
  }
  await save(deps, job, { ...ledger, next_at: Math.round(deps.clock.nowMs() + pause) });
  if (held.live) await deps.tasks.transition(job.task_guid, { type: 'demote' }, { uid: job.uid }).catch(ignoreMoved);
}

interface Held {
  readonly body: string;
  readonly live: boolean;
  readonly traceparent: string;
}

/** Takes the task for delivery: COMPLETED -> RESOLVING while it lives, from history after that. `later`: somebody else is handing it over just now. */
async function hold(deps: CallbackDeps, job: OutboxRecord): Promise<Held | 'later' | 'no record'> {
  const live = await deps.tasks.find(job.task_guid);
  if (live?.status.uid === job.uid) {
    if (live.status.state === 'RESOLVING') return 'later';
    try {
      const { after } = await deps.tasks.transition(job.task_guid, { type: 'resolve' }, { uid: job.uid });
      if (after?.status.uid === job.uid) {
        const { traceparent } = after.status;
        return { body: taskToJson(fullTask(after)), live: true, traceparent };
      }
    } catch (error) {
      if (isDomainError(error, 'invalid_transition')) return 'later';
      if (!isDomainError(error, 'not_found')) throw error;
    }
  }
  const finished = await deps.history.get(String(job.number), undefined);
  if (finished?.record.uid !== job.uid) return 'no record';
  return { body: finished.record.task_json, live: false, traceparent: finished.task.traceparent };
}

/** As `settle`, also when the store is away for a moment: the receiver that has acknowledged is not to be asked again for that. */
async function settleSurely(
  deps: CallbackDeps,
  job: OutboxRecord,
  live: boolean,
  delivery: DeliveryRecord,
): Promise<void> {
  const until = deps.clock.monotonicMs() + SETTLE_MS;
  for (;;) {
    try {
      return await settle(deps, job, live, delivery);
    } catch (error) {
      const passing = isDomainError(error, 'unavailable') || isDomainError(error, 'deadline');
      if (!passing || deps.clock.monotonicMs() > until) throw error;
      deps.log.warn({ guid: job.task_guid, error: errorText(error) }, 'callback.settle-failed');
      await sleep(SETTLE_PAUSE_MS);
    }
  }
}

/** The end of a delivery: the task leaves the live set with its record sealed, and nothing is owed any more. */
async function settle(deps: CallbackDeps, job: OutboxRecord, live: boolean, delivery: DeliveryRecord): Promise<void> {
  if (live && delivery.state === 'delivered') {
    try {
      // Of this life only: the guid may be another task's by now.
      const options = { uid: job.uid, resolvedBy: 'callback', delivery } as const;
      await deps.tasks.transition(job.task_guid, { type: 'remove' }, options);
      return;
    } catch (error) {
      ignoreMoved(error);
    }
  }
  if (live && delivery.state === 'dead') {
    // Tried no more, but still owed while the task lives: its ledger leaves with the task.
    await save(deps, job, { ...delivery, next_at: 0, dead: true });
  } else {
    const revision = await deps.history.amend(job.number, (record) => ({ ...record, delivery }), [
      { delete: outboxKey(job.uid) },
      ...(delivery.state === 'dead' ? [deadLetter(job, delivery)] : []),
    ]);
    if (revision === undefined) await forget(deps, job);
    else await deps.view.reached(revision);
  }
  if (live) await deps.tasks.transition(job.task_guid, { type: 'demote' }, { uid: job.uid }).catch(ignoreMoved);
}

async function forget(deps: CallbackDeps, job: OutboxRecord): Promise<void> {
  const { revision } = await deps.store.commit({ guards: [], writes: [{ delete: outboxKey(job.uid) }] });
  await deps.view.reached(revision);
}

/** What became of a try. */
type Outcome = Partial<Pick<OutboxRecord, 'attempts' | 'last_status' | 'last_error' | 'tries' | 'dead'>> &
  Pick<OutboxRecord, 'next_at'>;

async function save(deps: CallbackDeps, job: OutboxRecord, outcome: Outcome): Promise<void> {
  const entry = await deps.store.get(outboxKey(job.uid));
  // Gone: a client took the task itself meanwhile, and nothing is owed any more.
  if (entry === undefined) return;
  const current = decodeRecord<OutboxRecord>(entry.value);
  const { attempts, last_status, last_error, tries, next_at, dead } = { ...job, ...outcome };
  const ledger = { ...current, attempts, last_status, last_error, ...(tries === undefined ? {} : { tries }) };
  // An operator who had it sent again during this try gets a try of its own.
  const resent = current.resent_after !== job.resent_after;
  const saved = resent ? ledger : { ...ledger, next_at, ...(dead === undefined ? {} : { dead }) };
  const { revision } = await deps.store.commit({
    guards: [{ key: entry.key, modRevision: entry.modRevision }],
    writes: [{ put: entry.key, value: encodeRecord(saved) }],
  });
  await deps.view.reached(revision);
}

/** The task was moved or removed by somebody else meanwhile: then there is nothing left to do for us. */
function ignoreMoved(error: unknown): void {
  if (
    isDomainError(error, 'invalid_transition') ||
    isDomainError(error, 'not_found') ||
    isDomainError(error, 'conflict')
  )
    return;
  throw error;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
