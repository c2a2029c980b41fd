import { DomainError } from '../src/domain/errors.ts';
import { Wakers } from '../src/platform/wakers.ts';
import type { LiveTask } from './live-task.ts';
import type { View, ViewChange } from './view.ts';

/** A moment of the past: by the clock of the process that is asked, or by the store's revision. */
export type Moment = { readonly timeMs: number } | { readonly revision: number };

export type Event = Extract<ViewChange, { kind: 'task' | 'cell' }>;

const RING = 20_000;
/** Events that a reader takes at once. */
const TAKEN = 256;

/**
 * The newest changes, kept once for all readers. A reader is a position in this ring, so a thousand readers cost no more
 * memory than one, and a slow one falls out of it (and is told to list again) instead of making anybody wait.
 */
export class Events {
  readonly #ring: (Event | undefined)[];
  /** When this process heard of each, UNIX milliseconds; never before the one before it. */
  readonly #times: Float64Array;
  readonly #now: () => number;
  /** Since when the history is unbroken. */
  #beganAt: number;
  readonly #unlisten: () => void;
  /** Position of the next event; position p lives at p % ring size. */
  #end = 0;
  /** First position that is still a part of an unbroken history. */
  #begin = 0;
  readonly #wakers = new Wakers();
  #closed = false;
  readonly #view: View;
  /** Everything up to this revision was already history when this process began to watch. */
  #startRevision: number;
  /** Revisions that the store has had twice, since it was put back: above the one, up to the other. A cursor among them may be of either time. */
  #twice = { above: 0, upTo: 0 };

  constructor(view: View, ring = RING, now: () => number = Date.now) {
    this.#ring = Array.from({ length: ring }, () => undefined);
    this.#times = new Float64Array(ring);
    this.#now = now;
    this.#beganAt = now();
    this.#view = view;
    this.#startRevision = view.revision;
    this.#unlisten = view.listen((change) => this.#take(change));
  }

  /** Ends every reader. */
  close(): void {
    this.#unlisten();
    this.#closed = true;
    this.#wakers.wake();
  }

  /** The cursor behind everything seen so far. */
  get cursor(): string {
    return `${this.#view.revision}-end`;
  }

  /** Waits, at most 2 s, until this process has come as far as the cursor, which may be of another one that is ahead. */
  async reached(cursor: string): Promise<void> {
    const revision = Number(/^\d{1,16}/.exec(cursor)?.[0] ?? 0);
    await this.#view.reached(revision);
  }

  /** Where to begin to read: behind a cursor, or at the end. Undefined when the history behind the cursor is not known here. */
  position(cursor: string): number | undefined {
    if (cursor === '') return this.#end;
    const match = /^(\d{1,16})-(end|\d{1,9})$/.exec(cursor);
    if (match === null) throw new DomainError('invalid_argument', 'cursor: not one that this service gave');
    const revision = Number(match[1]);
    const index = match[2] === 'end' ? Number.POSITIVE_INFINITY : Number(match[2]);
    if (revision < this.#startRevision || revision > this.#view.revision) return undefined;
    if (revision > this.#twice.above && revision <= this.#twice.upTo) return undefined;
    // From the newest back: cursors are nearly always young.
    let at = this.#end;
    const oldest = Math.max(this.#begin, this.#end - this.#ring.length);
    while (at > oldest) {
      const event = this.#at(at - 1);
      if (event !== undefined && !isBehind(event.cursor, revision, index)) break;
      at -= 1;
    }
    // Reached the oldest event kept, and even that one is behind the cursor: what lies between may have been dropped.
    if (at === oldest && oldest > 0 && oldest !== this.#begin) return undefined;
    return at;
  }

  /**
   * Every event from a position on, as many at once as there are (at most 256), until the signal aborts; `undefined` after each quiet `heartbeatMs`.
   * @throws DomainError `compacted` when the reader was too slow, or the history was broken: list again.
   */
  async *read(from: number, signal: AbortSignal, heartbeatMs: number): AsyncGenerator<readonly Event[] | undefined> {
    let at = from;
    while (!signal.aborted) {
      if (at < this.#begin || at < this.#end - this.#ring.length) {
        throw new DomainError('compacted', 'the events asked for are no longer kept; list again');
      }
      if (at < this.#end) {
        const events: Event[] = [];
        for (const end = Math.min(this.#end, at + TAKEN); at < end; at += 1) {
          const event = this.#at(at);
          if (event !== undefined) events.push(event);
        }
        yield events;
        continue;
      }
      if (this.#closed) return;
      const quiet = await this.#wakers.quiet(heartbeatMs, signal);
      if (quiet) yield undefined;
    }
  }

  /**
   * What tasks were before all that happened since a moment, by guid: those that changed or came since, undefined for one that was not there.
   * @throws DomainError `compacted`, saying how far back it reaches, when that is further than what is kept.
   */
  since(moment: Moment): ReadonlyMap<string, LiveTask | undefined> {
    const before = new Map<string, LiveTask | undefined>();
    for (let at = this.#end - 1, first = this.after(moment); at >= first; at -= 1) {
      const event = this.#at(at);
      if (event?.kind === 'task') before.set(event.guid, event.before);
    }
    return before;
  }

  /**
   * Where to begin to read what happened after a moment.
   * @throws DomainError `compacted`, saying how far back it reaches, when that is further than what is kept.
   */
  after(moment: Moment): number {
    const oldest = Math.max(this.#begin, this.#end - this.#ring.length);
    const first = this.#at(oldest);
    const cut = oldest > this.#begin && first !== undefined;
    const reaches = {
      timeMs: cut ? (this.#times[oldest % this.#ring.length] ?? 0) : this.#beganAt,
      revision: cut ? revisionOf(first) : this.#startRevision,
    };
    const known = 'timeMs' in moment ? moment.timeMs >= reaches.timeMs : moment.revision >= reaches.revision;
    if (!known) {
      const since = new Date(reaches.timeMs).toISOString();
      throw new DomainError(
        'compacted',
        `changes are known here since ${since} (revision ${reaches.revision}), not before`,
        {
          about: { since, revision: String(reaches.revision) },
        },
      );
    }
    let at = this.#end;
    while (at > oldest && this.#isAfter(at - 1, moment)) at -= 1;
    return at;
  }

  #isAfter(position: number, moment: Moment): boolean {
    const event = this.#at(position);
    if ('timeMs' in moment) return (this.#times[position % this.#ring.length] ?? 0) > moment.timeMs;
    return event === undefined || revisionOf(event) > moment.revision;
  }

  #at(position: number): Event | undefined {
    return this.#ring[position % this.#ring.length];
  }

  #take(change: ViewChange): void {
    if (change.kind === 'outbox' || change.kind === 'drain') return;
    if (change.kind === 'reset') {
      this.#begin = this.#end + 1;
      this.#end += 1;
      this.#startRevision = this.#view.revision;
      this.#beganAt = this.#now();
      if (change.wentBackFrom !== undefined)
        this.#twice = { above: this.#view.revision, upTo: Math.max(change.wentBackFrom, this.#twice.upTo) };
    } else {
      const at = this.#end % this.#ring.length;
      this.#ring[at] = change;
      const last = this.#end === 0 ? 0 : (this.#times[(this.#end - 1) % this.#ring.length] ?? 0);
      // A clock that is set back must not make a later change the earlier one.
      this.#times[at] = Math.max(this.#now(), last);
      this.#end += 1;
    }
    this.#wakers.wake();
  }
}

function revisionOf(event: Event): number {
  return Number(event.cursor.split('-', 1)[0]);
}

/** Whether an event comes after the cursor (revision, index). */
function isBehind(cursor: string, revision: number, index: number): boolean {
  const [eventRevision = 0, eventIndex = 0] = cursor.split('-').map(Number);
  return eventRevision > revision || (eventRevision === revision && eventIndex > index);
}
