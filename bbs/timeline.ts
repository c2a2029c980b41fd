import { isTerminal, type Task, type TaskStatus } from '../src/domain/task.ts';
import type { TrailEntry } from '../src/domain/trail.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { eventsKey, eventsOf } from './keys.ts';
import type { CallbackTry, CellEventRecord, CellEventsRecord, HistoryRecord } from './records.ts';
import type { Store, Write } from './store/store.ts';

/** One step of a task's life. */
export interface TimelineEvent {
  /** UNIX nanoseconds, the actor's clock. */
  readonly time: bigint;
  readonly actor: string;
  readonly component: string;
  readonly kind: string;
  readonly text: string;
  readonly cause: string;
  readonly data: Readonly<Record<string, string>>;
  readonly attempt: string;
}

/** What the BBS itself knows of a task, live or sealed. */
export interface Known {
  readonly task: Omit<Task, 'revision'>;
  readonly trail: readonly TrailEntry[];
  readonly tries: readonly CallbackTry[];
  readonly callbackUrl: string;
  readonly sealed: Pick<HistoryRecord, 'resolved_at' | 'resolved_by'> | undefined;
}

const BBS = 'bbs';
const AUCTIONEER = 'auctioneer';

/** The BBS's own part, in the order in which it was committed: from the record's times, and from the trail for what was overwritten. */
export function ownEvents({ task, trail, tries, callbackUrl, sealed }: Known): readonly TimelineEvent[] {
  const { created_at, claimed_at, started_at, cell_id, attempt } = task;
  const of = (
    entry: Partial<TimelineEvent> & Pick<TimelineEvent, 'time' | 'actor' | 'component' | 'kind' | 'text'>,
  ) => ({
    cause: '',
    data: {},
    attempt: '',
    ...entry,
  });
  const claim = (time: bigint, cell: string, id: string) =>
    of({
      time,
      actor: AUCTIONEER,
      component: AUCTIONEER,
      kind: 'claimed',
      text: `placed on ${cell}`,
      attempt: id,
      data: { cell },
    });
  const client = task.created_by === '' ? 'client' : task.created_by;
  const number = String(task.number);
  const events: TimelineEvent[] = [
    of({
      time: created_at,
      actor: client,
      component: 'client',
      kind: 'submitted',
      text: `submitted by ${client}`,
      data: {
        number,
        uid: task.uid,
        domain: task.domain,
        ...(task.request_id === '' ? {} : { request_id: task.request_id }),
        ...(task.traceparent === '' ? {} : { traceparent: task.traceparent }),
      },
    }),
  ];
  if (claimed_at > 0n) events.push(claim(claimed_at, cell_id, attempt));
  for (const entry of trail) {
    const time = BigInt(entry.at);
    const { kind, text, cause = '', cell = '', by = '', since = '0' } = entry;
    const base = { time, text, cause, attempt: entry.attempt ?? '' };
    if (kind === 'released' || kind === 'unclaimed') {
      if (since !== '0') events.push(claim(BigInt(since), cell, base.attempt));
      const actor = kind === 'released' ? cell : BBS;
      const component = kind === 'released' ? 'rep' : BBS;
      events.push(of({ ...base, actor, component, kind, text: `given back: ${text}`, data: { cell } }));
    } else if (kind === 'waiting') {
      events.push(of({ ...base, actor: AUCTIONEER, component: AUCTIONEER, kind, text: `not placed: ${text}` }));
    } else if (kind === 'adopted') {
      events.push(of({ ...base, actor: cell, component: 'rep', kind, attempt }));
    } else if (kind === 'omitted') {
      events.push(of({ ...base, actor: BBS, component: BBS, kind, data: { events: String(entry.count ?? 0) } }));
    } else if (kind === 'annotated') {
      events.push(of({ ...base, actor: by === '' ? 'client' : by, component: 'client', kind }));
    } else {
      const who = by === '' ? 'client' : by;
      const why = text === '' ? '' : `: ${text}`;
      events.push(
        of({ ...base, actor: who, component: 'client', kind: 'cancelled', text: `cancelled by ${who}${why}` }),
      );
    }
  }
  if (started_at > 0n) {
    const text = `${cell_id} may start it`;
    events.push(of({ time: started_at, actor: cell_id, component: BBS, kind: 'start_committed', text, attempt }));
  }
  if (isTerminal(task.state)) events.push(of({ ...ending(task, trail), attempt: cell_id === '' ? '' : attempt }));
  for (const [index, { at, status, error }] of tries.entries()) {
    const said = status === 0 ? error : `${status}${error === '' ? '' : ` (${error})`}`;
    const text = `${said} from ${addressOf(callbackUrl)}, attempt ${index + 1}`;
    const data = { status: String(status), attempt: String(index + 1) };
    events.push(
      of({ time: BigInt(at), actor: BBS, component: 'callback', kind: 'callback', text, cause: error, data }),
    );
  }
  if (sealed !== undefined) {
    const by = sealed.resolved_by;
    const text = RESOLVED[by];
    events.push(
      of({
        time: BigInt(sealed.resolved_at),
        actor: by === 'client' ? 'client' : BBS,
        component: BBS,
        kind: 'resolved',
        text,
        cause: by,
      }),
    );
  }
  // Sorting is stable: what one commit wrote stays in the order of its telling.
  return events.toSorted((a, b) => Number(a.time - b.time));
}

const RESOLVED: Readonly<Record<HistoryRecord['resolved_by'], string>> = {
  callback: 'resolved: its receiver has it',
  client: 'resolved by a client',
  expired: 'resolved: nobody took it in time',
};

/** Who ended it: the outcome says so. */
function ending(task: Known['task'], trail: readonly TrailEntry[]) {
  const { outcome, failure_reason, failure_code, cell_id, exit_code } = task;
  const actors: Readonly<Record<string, string>> = {
    cancelled: trail.findLast(({ kind }) => kind === 'cancelled')?.by || 'client',
    unplaced: failure_code === 'never_fits' ? AUCTIONEER : BBS,
    lost: BBS,
  };
  const actor = actors[outcome] ?? cell_id;
  const text = failure_reason === '' ? outcome : `${outcome}: ${failure_reason}`;
  const data = { outcome, ...(exit_code === undefined ? {} : { exit_code: String(exit_code) }) };
  return { time: task.first_completed_at, actor, component: BBS, kind: 'completed', text, cause: failure_code, data };
}

/** What a cell saw of one attempt, as the timeline's. */
export function cellEvents(
  cell: string,
  attempt: string,
  events: readonly CellEventRecord[],
): readonly TimelineEvent[] {
  return events.map(({ t, c, k, x, r = '', d = {} }) => ({
    time: BigInt(t),
    actor: cell,
    component: c,
    kind: k,
    text: x,
    cause: r,
    data: d,
    attempt,
  }));
}

/** Of a cell: only after the BBS allowed the start. */
const RUNS: ReadonlySet<string> = new Set(['started', 'action_started', 'exited']);
/** Of a cell: after its report was taken. */
const AFTER: ReadonlySet<string> = new Set(['reported', 'removed']);
/** What comes first when two have the same moment. */
const STAGE = { claimed: 0, before: 1, start_committed: 2, runs: 3, other: 4, after: 5 } as const;

interface Placed {
  readonly event: TimelineEvent;
  readonly at: bigint;
  readonly stage: number;
}

/**
 * One story of several tellers. Each teller's order is kept, and clocks that disagree cannot turn cause and effect around: what a cell
 * saw of an attempt comes behind its claim, its run behind the start that was allowed, and all of it before its report.
 */
export function merged(
  own: readonly TimelineEvent[],
  cells: readonly (readonly TimelineEvent[])[],
): readonly TimelineEvent[] {
  const placed = own.map((event): Placed => {
    const stage = event.kind === 'claimed' || event.kind === 'start_committed' ? STAGE[event.kind] : STAGE.other;
    return { event, at: event.time, stage };
  });
  for (const events of cells) placed.push(...fitted(own, events));
  return placed
    .map((entry, index) => ({ ...entry, index }))
    .toSorted((a, b) => Number(a.at - b.at) || a.stage - b.stage || a.index - b.index)
    .map(({ event }) => event);
}

function fitted(own: readonly TimelineEvent[], events: readonly TimelineEvent[]): Placed[] {
  const attempt = events[0]?.attempt ?? '';
  const anchor = (...kinds: readonly string[]) =>
    own.find((event) => event.attempt === attempt && kinds.includes(event.kind))?.time;
  const granted = anchor('start_committed');
  // A cancelled task is over before its cell has heard of it.
  const over = own.some(({ kind }) => kind === 'cancelled') ? undefined : anchor('completed', 'released');
  let low = anchor('claimed') ?? 0n;
  let runs = false;
  return events.map((event) => {
    const after = AFTER.has(event.kind);
    runs ||= RUNS.has(event.kind);
    if (runs) low = later(low, granted ?? low);
    if (after) low = later(low, over ?? low);
    const high = runs ? (after ? undefined : over) : (granted ?? over);
    low = later(low, high !== undefined && event.time > high ? high : event.time);
    return { event, at: low, stage: after ? STAGE.after : runs ? STAGE.runs : STAGE.before };
  });
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

const MOST_EVENTS = 60;
const MOST_BYTES = 8 * 1_024;
/** Placements given back whose cell's events are kept: a task that is given back every half minute must not fill the store. */
const MOST_RELEASES = 8;

/** What a cell told with its report, for the very commit that takes the report. Never rewritten, and no part of any hot record. */
export function cellEventsWrites(
  cell: string,
  attempt: string,
  events: readonly CellEventRecord[],
  at: 'release' | 'end',
) {
  return ({ number, rejection_count }: Pick<TaskStatus, 'number' | 'rejection_count'>): readonly Write[] => {
    if (events.length === 0 || (at === 'release' && rejection_count >= MOST_RELEASES)) return [];
    const kept: CellEventRecord[] = [];
    let left = MOST_BYTES;
    for (const event of events.slice(0, MOST_EVENTS)) {
      left -= JSON.stringify(event).length;
      if (left < 0) break;
      kept.push(event);
    }
    const record: CellEventsRecord = { cell, attempt, events: kept };
    return [{ put: eventsKey(number, attempt), value: encodeRecord(record) }];
  };
}

/** What cells told of a task with their reports. */
export async function keptCellEvents(store: Store, number: number): Promise<readonly CellEventsRecord[]> {
  const { entries } = await store.list(eventsOf(number), { limit: 4 * MOST_RELEASES });
  return entries.map((entry) => decodeRecord<CellEventsRecord>(entry.value));
}

/** Without what lets one in: a token in the query, a password before the host. */
function addressOf(url: string): string {
  if (!URL.canParse(url)) return 'its URL';
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
