import { DomainError } from '../src/domain/errors.ts';
import type { View, ViewChange } from './view.ts';

export type Event = Extract<ViewChange, { kind: 'task' | 'cell' }>;

const RING = 20_000;

/**
 * The newest changes, kept once for all readers. A reader is a position in this ring, so a thousand readers cost no more
 * memory than one, and a slow one falls out of it (and is told to list again) instead of making anybody wait.
 */
export class Events {
  readonly #ring: (Event | undefined)[];
  readonly #unlisten: () => void;
  /** Position of the next event; position p lives at p % ring size. */
  #end = 0;
  /** First position that is still a part of an unbroken history. */
  #begin = 0;
  #wakers = new Set<() => void>();
  #closed = false;
  readonly #view: View;
  /** Everything up to this revision was already history when this process began to watch. */
  #startRevision: number;
  /** Revisions that the store has had twice, since it was put back: above the one, up to the other. A cursor among them may be of either time. */
  #twice = { above: 0, upTo: 0 };

  constructor(view: View, ring = RING) {
    this.#ring = Array.from({ length: ring }, () => undefined);
    this.#view = view;
    this.#startRevision = view.revision;
    this.#unlisten = view.listen((change) => this.#take(change));
  }

  /** Ends every reader. */
  close(): void {
    this.#unlisten();
    this.#closed = true;
    this.#wake();
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
   * Every event from a position on, until the signal aborts; `undefined` after each quiet `heartbeatMs`.
   * @throws DomainError `compacted` when the reader was too slow, or the history was broken: list again.
   */
  async *read(from: number, signal: AbortSignal, heartbeatMs: number): AsyncGenerator<Event | undefined> {
    let at = from;
    while (!signal.aborted) {
      if (at < this.#begin || at < this.#end - this.#ring.length) {
        throw new DomainError('compacted', 'the events asked for are no longer kept; list again');
      }
      if (at < this.#end) {
        const event = this.#at(at);
        at += 1;
        if (event !== undefined) yield event;
        continue;
      }
      if (this.#closed) return;
      const quiet = await this.#wait(signal, heartbeatMs);
      if (quiet) yield undefined;
    }
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
      if (change.wentBackFrom !== undefined)
        this.#twice = { above: this.#view.revision, upTo: Math.max(change.wentBackFrom, this.#twice.upTo) };
    } else {
      this.#ring[this.#end % this.#ring.length] = change;
      this.#end += 1;
    }
    this.#wake();
  }

  #wake(): void {
    const wakers = this.#wakers;
    this.#wakers = new Set();
    for (const wake of wakers) wake();
  }

  /** @returns true when nothing came for `ms`. */
  #wait(signal: AbortSignal, ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (quiet: boolean) => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(quiet);
      };
      const wake = () => done(false);
      const timer = setTimeout(() => done(true), ms);
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}

/** Whether an event comes after the cursor (revision, index). */
function isBehind(cursor: string, revision: number, index: number): boolean {
  const [eventRevision = 0, eventIndex = 0] = cursor.split('-').map(Number);
  return eventRevision > revision || (eventRevision === revision && eventIndex > index);
}
