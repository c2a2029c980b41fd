import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText, isDomainError } from '../src/domain/errors.ts';
import { systemClock } from '../src/platform/clock.ts';
import { AbsentCells } from './absent-cells.ts';
import { decodeRecord, decodeStatus, writeIdOf } from './codec.ts';
import { Catalog } from './history/catalog.ts';
import { catalogued, uncatalogued } from './history/catalogued.ts';
import { domainKey, PREFIX } from './keys.ts';
import { LiveTask, Spec } from './live-task.ts';
import { NumberIndex } from './number-index.ts';
import { OwnWrites } from './own-writes.ts';
import type { CellRecord, DomainRecord, DrainRecord, OutboxRecord } from './records.ts';
import { everything } from './store/everything.ts';
import type { Change, Entry, Store } from './store/store.ts';
import type { LiveCell, ViewChange, ViewListener } from './view-change.ts';
import { lookForStepsBack } from './went-back.ts';

export { definitionOf, LiveTask } from './live-task.ts';

export type { LiveCell, ViewChange, ViewListener } from './view-change.ts';

/** Puts a record in its place, under the cursor of its change, and says what that changed. */
type Put = (cursor: string) => ViewChange | undefined;

const FRESH_BOUND_MS = 2_000;
/** In the order in which they are put in their places: a task finds its definition. */
const LOADED = [
  PREFIX.spec,
  PREFIX.task,
  PREFIX.cell,
  PREFIX.drain,
  PREFIX.domain,
  PREFIX.outbox,
  PREFIX.history,
  PREFIX.archiveSummary,
];

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
  #tasks = new Map<string, LiveTask>();
  /** Definitions whose task has not come yet; then they are the task's. */
  #specs = new Map<string, Spec>();
  /** Cells that were here, or should be. First of the listeners, so that it knows what the others ask it. */
  readonly absent = new AbsentCells(this, systemClock());
  readonly own = new OwnWrites();
  /** Own writes that the watch has not brought yet. */
  readonly #ahead = new Map<string, LiveTask>();
  #cells = new Map<string, LiveCell>();
  #drains = new Map<string, DrainRecord>();
  #domains = new Map<string, DomainRecord>();
  #outbox = new Map<string, OutboxRecord>();
  #tasksOfCell = new Map<string, Set<string>>();
  #numbers = new NumberIndex();
  #history = new Catalog();
  #revision = 0;
  #following: Promise<unknown> | undefined;
  /** Of the watch that is followed now. */
  #watch = new AbortController();
  /** No watch begins before this is over. */
  #startingOver: Promise<void> = Promise.resolve();

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
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
    return this.#tasks.get(guid);
  }

  /** The newest that is known here, also when it has not come by with the watch. For who writes next; readers keep to one revision. */
  newest(guid: string): LiveTask | undefined {
    return this.#ahead.get(guid) ?? this.#tasks.get(guid);
  }

  /** A write of this process was committed: until the watch brings it, it is the newest of its task. */
  committed(task: LiveTask): void {
    if (task.revision > this.#revision) this.#ahead.set(task.status.task_guid, task);
  }

  guidOfNumber(number: number): string | undefined {
    return this.#numbers.guid(number);
  }

  get taskCount(): number {
    return this.#tasks.size;
  }

  tasks(): IterableIterator<LiveTask> {
    return this.#tasks.values();
  }

  /** Newest first, only those with a number below `below`. */
  *newestFirst(below?: number): Generator<LiveTask> {
    for (const guid of this.#numbers.newestFirst(below)) {
      const task = this.#tasks.get(guid);
      if (task !== undefined) yield task;
    }
  }

  cell(id: string): LiveCell | undefined {
    return this.#cells.get(id);
  }

  cells(): IterableIterator<LiveCell> {
    return this.#cells.values();
  }

  /** What an operator said of the cell, registered or not; undefined = it may work. */
  drain(id: string): DrainRecord | undefined {
    return this.#drains.get(id);
  }

  /** Ids of the cells that are to be drained. */
  drains(): IterableIterator<string> {
    return this.#drains.keys();
  }

  /** What was set for domains, by their names. */
  get domainRecords(): ReadonlyMap<string, DomainRecord> {
    return this.#domains;
  }

  /** Ids of the cells that hold tasks, registered or not. */
  *holders(): Generator<string> {
    for (const [id, guids] of this.#tasksOfCell) if (guids.size > 0) yield id;
  }

  /** Tasks that a cell holds: CLAIMED or RUNNING there. */
  tasksOfCell(id: string): LiveTask[] {
    const found: LiveTask[] = [];
    for (const guid of this.#tasksOfCell.get(id) ?? []) {
      const task = this.#tasks.get(guid);
      if (task !== undefined) found.push(task);
    }
    return found;
  }

  /** Which finished tasks there are; their records are in the store. */
  get history(): Catalog {
    return this.#history;
  }

  outbox(): IterableIterator<OutboxRecord> {
    return this.#outbox.values();
  }

  owed(uid: string): OutboxRecord | undefined {
    return this.#outbox.get(uid);
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
    const { revision } = await this.#store.list(PREFIX.task, { limit: 1 });
    // All at once: a store takes longer to tell a page than it takes to read it.
    const puts = (await Promise.all(LOADED.map(async (prefix) => await this.#readAll(prefix, revision)))).flat();
    this.#ahead.clear();
    this.#tasks = new Map();
    this.#specs = new Map();
    this.#cells = new Map();
    this.#drains = new Map();
    this.#domains = new Map();
    this.#outbox = new Map();
    this.#tasksOfCell = new Map();
    this.#numbers = new NumberIndex();
    this.#history = new Catalog();
    for (const put of puts) put('');
    // Behind what was seen before, when the store was put back.
    this.#revision = Math.min(this.#revision, revision);
    this.#advance(revision);
  }

  async #readAll(prefix: string, revision: number): Promise<Put[]> {
    const puts: Put[] = [];
    // Each page becomes at once what is kept of it: the pages themselves take several times the memory. Of finished tasks, only
    // what keys and summaries tell: the records stay where they are.
    for await (const entry of everything(this.#store, prefix, revision, prefix === PREFIX.history)) {
      const put = this.#read(entry);
      if (put !== undefined) puts.push(put);
    }
    return puts;
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
    this.#log.error({ from, to: this.#revision, tasks: this.#tasks.size }, 'store.went-back');
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
    return entry === undefined ? this.#gone(key, cursor) : this.#read(entry)?.(cursor);
  }

  /** What a record says, ready to be put in its place; undefined when it is none of ours, or cannot be read. */
  #read(entry: Entry): Put | undefined {
    const { key, value } = entry;
    try {
      if (key.startsWith(PREFIX.task)) return this.#readTask(entry);
      if (key.startsWith(PREFIX.spec)) {
        const spec = new Spec(value.toString());
        return () => void this.#specs.set(key.slice(PREFIX.spec.length), spec);
      }
      if (key.startsWith(PREFIX.cell)) {
        const id = key.slice(PREFIX.cell.length);
        const record = decodeRecord<CellRecord>(value, ({ offer }) => offer?.cell_id === id);
        const cell = { record, epoch: entry.createRevision };
        return (cursor) => this.#putCell(id, cell, cursor);
      }
      if (key.startsWith(PREFIX.drain)) {
        const drain = decodeRecord<DrainRecord>(value, ({ deadline_at }) => typeof deadline_at === 'number');
        return () => this.#putDrain(key.slice(PREFIX.drain.length), drain);
      }
      if (key.startsWith(PREFIX.domain)) {
        const record = decodeRecord<DomainRecord>(value, ({ domain = '' }) => domainKey(domain) === key);
        return () => void this.#domains.set(record.domain, record);
      }
      if (key.startsWith(PREFIX.outbox)) {
        const job = decodeRecord<OutboxRecord>(value, ({ uid }) => key.endsWith(String(uid)));
        return () => this.#putOutbox(key.slice(PREFIX.outbox.length), job);
      }
      const finished = catalogued(entry);
      if (finished !== undefined) return () => finished(this.#history);
    } catch (error) {
      // A record that cannot be read is left where it is, for people: it is neither invented nor deleted (reliability E18).
      this.#log.error({ key, error: errorText(error) }, 'record.unreadable');
    }
    return undefined;
  }

  #gone(key: string, cursor: string): ViewChange | undefined {
    if (key.startsWith(PREFIX.task)) return this.#putTask(key.slice(PREFIX.task.length), undefined, cursor);
    if (key.startsWith(PREFIX.cell)) return this.#putCell(key.slice(PREFIX.cell.length), undefined, cursor);
    if (key.startsWith(PREFIX.drain)) return this.#putDrain(key.slice(PREFIX.drain.length), undefined);
    if (key.startsWith(PREFIX.domain)) this.#domains.delete(decodeURIComponent(key.slice(PREFIX.domain.length)));
    if (key.startsWith(PREFIX.outbox)) return this.#putOutbox(key.slice(PREFIX.outbox.length), undefined);
    if (key.startsWith(PREFIX.spec)) this.#specs.delete(key.slice(PREFIX.spec.length));
    uncatalogued(key, this.#history);
    return undefined;
  }

  #readTask({ key, value, modRevision }: Entry): Put {
    const guid = key.slice(PREFIX.task.length);
    const own = this.own.take(writeIdOf(value));
    if (own !== undefined) return (cursor) => this.#putTask(guid, own.at(modRevision), cursor);
    const { status, writeId } = decodeStatus(value);
    return (cursor) => {
      const before = this.#tasks.get(guid);
      const spec = before?.status.uid === status.uid ? before.spec : this.#specs.get(status.uid);
      // Not the part of the key, which would keep the whole of it.
      const name = status.task_guid === guid ? status.task_guid : guid;
      return this.#putTask(name, new LiveTask(status, modRevision, writeId, spec), cursor);
    };
  }

  #putTask(guid: string, after: LiveTask | undefined, cursor: string): ViewChange {
    const before = this.#tasks.get(guid);
    const ahead = this.#ahead.get(guid);
    if (ahead !== undefined && ahead.revision <= (after?.revision ?? Number.POSITIVE_INFINITY))
      this.#ahead.delete(guid);
    if (after === undefined) this.#tasks.delete(guid);
    else {
      this.#tasks.set(guid, after);
      this.#specs.delete(after.status.uid);
    }
    if (before !== undefined && before.status.number !== after?.status.number)
      this.#numbers.delete(before.status.number);
    if (after !== undefined) this.#numbers.add(after.status.number, guid);
    const from = heldBy(before);
    const to = heldBy(after);
    if (from !== to) {
      if (from !== undefined) this.#tasksOfCell.get(from)?.delete(guid);
      if (to !== undefined) {
        const set = this.#tasksOfCell.get(to) ?? new Set();
        this.#tasksOfCell.set(to, set.add(guid));
      }
    }
    return { kind: 'task', cursor, guid, before, after };
  }

  #putCell(id: string, after: LiveCell | undefined, cursor: string): ViewChange {
    const before = this.#cells.get(id);
    if (after === undefined) this.#cells.delete(id);
    else this.#cells.set(id, after);
    return { kind: 'cell', cursor, id, before, after };
  }

  #putDrain(id: string, after: DrainRecord | undefined): ViewChange {
    if (after === undefined) this.#drains.delete(id);
    else this.#drains.set(id, after);
    return { kind: 'drain', id, after };
  }

  #putOutbox(uid: string, after: OutboxRecord | undefined): ViewChange {
    if (after === undefined) this.#outbox.delete(uid);
    else this.#outbox.set(uid, after);
    return { kind: 'outbox', uid, after };
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

function heldBy(task: LiveTask | undefined): string | undefined {
  const holds = task?.status.state === 'CLAIMED' || task?.status.state === 'RUNNING';
  return holds ? task.status.cell_id : undefined;
}
