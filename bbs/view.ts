import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText, isDomainError } from '../src/domain/errors.ts';
import { systemClock } from '../src/platform/clock.ts';
import { AbsentCells } from './absent-cells.ts';
import type { Catalog } from './history/catalog.ts';
import { PREFIX } from './keys.ts';
import { LiveRecords } from './live-records.ts';
import type { LiveTask } from './live-task.ts';
import { OwnWrites } from './own-writes.ts';
import type { DomainRecord, DrainRecord, OutboxRecord } from './records.ts';
import { revisionOf } from './store/revision.ts';
import type { Change, Store } from './store/store.ts';
import type { LiveCell, ViewChange, ViewListener } from './view-change.ts';
import { lookForStepsBack } from './went-back.ts';

export { definitionOf, LiveTask } from './live-task.ts';

export type { LiveCell, ViewChange, ViewListener } from './view-change.ts';

const FRESH_BOUND_MS = 2_000;

/**
 * The live state in memory, as of one revision, kept by following the store. Reads are answered from here; what must be
 * decided is decided by the store's own compares. Listeners are called in the store's order, each change once.
 */
export class View {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<ViewListener>();
  #waiters: { revision: number; resolve: () => void }[] = [];
  /** Cells that were here, or should be. First of the listeners, so that it knows what the others ask it. */
  readonly absent = new AbsentCells(this, systemClock());
  readonly own = new OwnWrites();
  /** Own writes that the watch has not brought yet. */
  readonly #ahead = new Map<string, LiveTask>();
  #records: LiveRecords;
  #revision = 0;
  #following: Promise<unknown> | undefined;
  /** Of the watch that is followed now. */
  #watch = new AbortController();
  /** No watch begins before this is over. */
  #startingOver: Promise<void> = Promise.resolve();

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#records = new LiveRecords(log, this.own);
  }

  /** Reads everything once and begins to follow. @throws DomainError `unavailable` when the store does not answer. */
  async open(): Promise<void> {
    await this.#load();
    this.absent.compare();
    const back = lookForStepsBack(
      this.#store,
      () => this.#revision,
      this.#stop.signal,
      async () => {
        this.#startingOver = this.#startOver();
        // Ends the watch that waits for the future; the next one begins from there.
        this.#watch.abort();
        await this.#startingOver;
      },
    );
    this.#following = Promise.all([this.#follow(), back]);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#watch.abort();
    await this.#following;
  }

  get revision(): number {
    return this.#revision;
  }

  task(guid: string): LiveTask | undefined {
    return this.#records.tasks.get(guid);
  }

  /** The newest that is known here, also when it has not come by with the watch. For who writes next; readers keep to one revision. */
  newest(guid: string): LiveTask | undefined {
    return this.#ahead.get(guid) ?? this.#records.tasks.get(guid);
  }

  /** A write of this process was committed: until the watch brings it, it is the newest of its task. */
  committed(task: LiveTask): void {
    if (task.revision > this.#revision) this.#ahead.set(task.guid, task);
  }

  guidOfNumber(number: number): string | undefined {
    return this.#records.numbers.guid(number);
  }

  get taskCount(): number {
    return this.#records.tasks.size;
  }

  tasks(): IterableIterator<LiveTask> {
    return this.#records.tasks.values();
  }

  /** Newest first, only those with a number below `below`. */
  *newestFirst(below?: number): Generator<LiveTask> {
    for (const guid of this.#records.numbers.newestFirst(below)) {
      const task = this.#records.tasks.get(guid);
      if (task !== undefined) yield task;
    }
  }

  cell(id: string): LiveCell | undefined {
    return this.#records.cells.get(id);
  }

  cells(): IterableIterator<LiveCell> {
    return this.#records.cells.values();
  }

  /** What an operator said of the cell, registered or not; undefined = it may work. */
  drain(id: string): DrainRecord | undefined {
    return this.#records.drains.get(id);
  }

  /** Ids of the cells that are to be drained. */
  drains(): IterableIterator<string> {
    return this.#records.drains.keys();
  }

  /** What was set for domains, by their names. */
  get domainRecords(): ReadonlyMap<string, DomainRecord> {
    return this.#records.domains;
  }

  /** Ids of the cells that hold tasks, registered or not. */
  *holders(): Generator<string> {
    for (const [id, guids] of this.#records.tasksOfCell) if (guids.size > 0) yield id;
  }

  /** Tasks that a cell holds: CLAIMED or RUNNING there. */
  tasksOfCell(id: string): LiveTask[] {
    const found: LiveTask[] = [];
    for (const guid of this.#records.tasksOfCell.get(id) ?? []) {
      const task = this.#records.tasks.get(guid);
      if (task !== undefined) found.push(task);
    }
    return found;
  }

  /** Which finished tasks there are; their records are in the store. */
  get history(): Catalog {
    return this.#records.history;
  }

  outbox(): IterableIterator<OutboxRecord> {
    return this.#records.outbox.values();
  }

  owed(uid: string): OutboxRecord | undefined {
    return this.#records.outbox.get(uid);
  }

  /** Calls the listener for every change from now on, until the returned function is called. Listeners must not throw or wait. */
  listen(listener: ViewListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits until the view has seen `revision`, at most 2 s: a store that is slow makes reads old, not absent. */
  async reached(revision: number): Promise<void> {
    if (this.#revision >= revision) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FRESH_BOUND_MS);
      this.#waiters.push({ revision, resolve });
    });
    clearTimeout(timer);
  }

  async #load(): Promise<void> {
    const revision = await revisionOf(this.#store);
    const records = new LiveRecords(this.#log, this.own);
    await records.load(this.#store, revision);
    this.#ahead.clear();
    this.#records = records;
    // Behind what was seen before, when the store was put back.
    this.#revision = Math.min(this.#revision, revision);
    this.#advance(revision);
  }

  async #follow(): Promise<void> {
    let pauseMs = 100;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#startingOver;
        this.#watch = new AbortController();
        if (this.#stop.signal.aborted) return;
        for await (const batch of this.#store.watch('', this.#revision, this.#watch.signal)) {
          this.#applyBatch(batch.changes);
          this.#advance(batch.revision);
          pauseMs = 100;
        }
      } catch (error) {
        this.#log.warn({ error: errorText(error) }, 'view.watch-broke');
        // Changes were compacted away: only a new snapshot can tell what is. Anything else: go on from where we are.
        if (isDomainError(error, 'compacted')) await this.#reload();
      }
      if (this.#stop.signal.aborted) return;
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      pauseMs = Math.min(pauseMs * 2, 2_000);
    }
  }

  async #startOver(): Promise<void> {
    const from = this.#revision;
    try {
      await this.#load();
    } catch (error) {
      this.#log.error({ error: errorText(error) }, 'view.reload-failed');
      return;
    }
    this.#log.error({ from, to: this.#revision, tasks: this.#records.tasks.size }, 'store.went-back');
    this.#emit({ kind: 'reset', wentBackFrom: from });
  }

  async #reload(): Promise<void> {
    try {
      await this.#load();
      this.#emit({ kind: 'reset' });
      this.#log.info({ revision: this.#revision }, 'view.reloaded');
    } catch (error) {
      this.#log.warn({ error: errorText(error) }, 'view.reload-failed');
    }
  }

  /** All changes of one commit arrive together; a task's definition is known before its status is told. */
  #applyBatch(changes: readonly Change[]): void {
    for (const change of changes)
      if (change.key.startsWith(PREFIX.spec) && change.entry !== undefined) this.#apply(change);
    let index = 0;
    let revision = 0;
    for (const change of changes) {
      if (change.key.startsWith(PREFIX.spec)) continue;
      if (change.revision !== revision) {
        revision = change.revision;
        index = 0;
      }
      const told = this.#apply(change, `${change.revision}-${index}`);
      if (told === undefined) continue;
      if (told.kind === 'task' || told.kind === 'cell') index += 1;
      this.#emit(told);
    }
    for (const change of changes)
      if (change.key.startsWith(PREFIX.spec) && change.entry === undefined) this.#apply(change);
  }

  #apply({ key, entry }: Change, cursor = ''): ViewChange | undefined {
    const change = entry === undefined ? this.#records.gone(key, cursor) : this.#records.put(entry, cursor);
    if (change?.kind === 'task') this.#caughtUpWith(change.guid, change.after);
    return change;
  }

  #caughtUpWith(guid: string, after: LiveTask | undefined): void {
    const ahead = this.#ahead.get(guid);
    if (ahead !== undefined && ahead.revision <= (after?.revision ?? Number.POSITIVE_INFINITY))
      this.#ahead.delete(guid);
  }

  #emit(change: ViewChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #advance(revision: number): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    const due = this.#waiters.filter((waiter) => waiter.revision <= revision);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of due) waiter.resolve();
  }
}
