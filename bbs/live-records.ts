import type { Logger } from 'pino';
import { errorText } from '../src/domain/errors.ts';
import { decodeRecord, decodeStatus, writeIdOf } from './codec.ts';
import { Catalog } from './history/catalog.ts';
import { catalogued, uncatalogued } from './history/catalogued.ts';
import { domainKey, PREFIX } from './keys.ts';
import { LiveTask, Spec } from './live-task.ts';
import { NumberIndex } from './number-index.ts';
import type { OwnWrites } from './own-writes.ts';
import type { CellRecord, DomainRecord, DrainRecord, OutboxRecord } from './records.ts';
import { everything } from './store/everything.ts';
import type { Entry, Store } from './store/store.ts';
import type { LiveCell, ViewChange } from './view-change.ts';

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

/** The live state as objects, by what it is looked up by. Knows what each record of the store means; not when which one comes. */
export class LiveRecords {
  readonly tasks = new Map<string, LiveTask>();
  readonly cells = new Map<string, LiveCell>();
  readonly drains = new Map<string, DrainRecord>();
  readonly domains = new Map<string, DomainRecord>();
  readonly outbox = new Map<string, OutboxRecord>();
  readonly tasksOfCell = new Map<string, Set<string>>();
  readonly numbers = new NumberIndex();
  readonly history = new Catalog();
  /** Definitions whose task has not come yet; then they are the task's. */
  readonly #specs = new Map<string, Spec>();
  readonly #log: Logger;
  readonly #own: OwnWrites;
  /** While a whole store is read, whose tasks lie there and may come before their definitions. */
  #loading = false;

  constructor(log: Logger, own: OwnWrites) {
    this.#log = log;
    this.#own = own;
  }

  /** Reads a whole store as of one revision. @throws DomainError `unavailable` when it does not answer. */
  async load(store: Store, revision: number): Promise<void> {
    this.#loading = true;
    // All at once: a store takes longer to tell a page than it takes to read it.
    await Promise.all(LOADED.map(async (prefix) => await this.#readAll(store, prefix, revision)));
    for (const task of this.tasks.values()) {
      task.specFound(this.#specs.get(task.uid));
      this.#specs.delete(task.uid);
    }
    this.#loading = false;
  }

  async #readAll(store: Store, prefix: string, revision: number): Promise<void> {
    // Each page becomes at once what is kept of it: the pages themselves take several times the memory. Of finished tasks, only
    // what keys and summaries tell: the records stay where they are.
    for await (const entry of everything(store, prefix, revision, prefix === PREFIX.history)) this.put(entry, '');
  }

  /** Puts a record in its place, under the cursor of its change. @returns what that changed; undefined when it is none of ours, or cannot be read. */
  put(entry: Entry, cursor: string): ViewChange | undefined {
    const { key, value } = entry;
    try {
      if (key.startsWith(PREFIX.task)) return this.#readTask(entry, cursor);
      if (key.startsWith(PREFIX.spec)) {
        const spec = new Spec(value.toString());
        if (this.#loading) spec.rest();
        this.#specs.set(key.slice(PREFIX.spec.length), spec);
        return undefined;
      }
      if (key.startsWith(PREFIX.cell)) {
        const id = key.slice(PREFIX.cell.length);
        const record = decodeRecord<CellRecord>(value, ({ offer }) => offer?.cell_id === id);
        return this.#putCell(id, { record, epoch: entry.createRevision }, cursor);
      }
      if (key.startsWith(PREFIX.drain)) {
        const drain = decodeRecord<DrainRecord>(value, ({ deadline_at }) => typeof deadline_at === 'number');
        return this.#putDrain(key.slice(PREFIX.drain.length), drain);
      }
      if (key.startsWith(PREFIX.domain)) {
        const record = decodeRecord<DomainRecord>(value, ({ domain = '' }) => domainKey(domain) === key);
        this.domains.set(record.domain, record);
        return undefined;
      }
      if (key.startsWith(PREFIX.outbox)) {
        const job = decodeRecord<OutboxRecord>(value, ({ uid }) => key.endsWith(String(uid)));
        return this.#putOutbox(key.slice(PREFIX.outbox.length), job);
      }
      catalogued(entry)?.(this.history);
    } catch (error) {
      // A record that cannot be read is left where it is, for people: it is neither invented nor deleted (reliability E18).
      this.#log.error({ key, error: errorText(error) }, 'record.unreadable');
    }
    return undefined;
  }

  gone(key: string, cursor: string): ViewChange | undefined {
    if (key.startsWith(PREFIX.task)) return this.#putTask(key.slice(PREFIX.task.length), undefined, cursor);
    if (key.startsWith(PREFIX.cell)) return this.#putCell(key.slice(PREFIX.cell.length), undefined, cursor);
    if (key.startsWith(PREFIX.drain)) return this.#putDrain(key.slice(PREFIX.drain.length), undefined);
    if (key.startsWith(PREFIX.domain)) this.domains.delete(decodeURIComponent(key.slice(PREFIX.domain.length)));
    if (key.startsWith(PREFIX.outbox)) return this.#putOutbox(key.slice(PREFIX.outbox.length), undefined);
    if (key.startsWith(PREFIX.spec)) this.#specs.delete(key.slice(PREFIX.spec.length));
    uncatalogued(key, this.history);
    return undefined;
  }

  #readTask({ key, value, modRevision }: Entry, cursor: string): ViewChange {
    const guid = key.slice(PREFIX.task.length);
    const own = this.#own.take(writeIdOf(value));
    if (own !== undefined) return this.#putTask(guid, own.at(modRevision), cursor);
    const { status } = decodeStatus(value);
    const before = this.tasks.get(guid);
    const spec = before?.uid === status.uid ? before.spec : this.#specs.get(status.uid);
    const task = this.#loading ? LiveTask.lying(status, modRevision, spec) : LiveTask.moving(status, modRevision, spec);
    // Not the part of the key, which would keep the whole of it.
    return this.#putTask(task.guid === guid ? task.guid : guid, task, cursor);
  }

  #putTask(guid: string, after: LiveTask | undefined, cursor: string): ViewChange {
    const before = this.tasks.get(guid);
    if (after === undefined) this.tasks.delete(guid);
    else {
      this.tasks.set(guid, after);
      this.#specs.delete(after.uid);
    }
    if (before !== undefined && before.number !== after?.number) this.numbers.delete(before.number);
    if (after !== undefined) this.numbers.add(after.number, guid);
    const from = heldBy(before);
    const to = heldBy(after);
    if (from !== to) {
      if (from !== undefined) this.tasksOfCell.get(from)?.delete(guid);
      if (to !== undefined) {
        const set = this.tasksOfCell.get(to) ?? new Set();
        this.tasksOfCell.set(to, set.add(guid));
      }
    }
    return { kind: 'task', cursor, guid, before, after };
  }

  #putCell(id: string, after: LiveCell | undefined, cursor: string): ViewChange {
    const before = this.cells.get(id);
    if (after === undefined) this.cells.delete(id);
    else this.cells.set(id, after);
    return { kind: 'cell', cursor, id, before, after };
  }

  #putDrain(id: string, after: DrainRecord | undefined): ViewChange {
    if (after === undefined) this.drains.delete(id);
    else this.drains.set(id, after);
    return { kind: 'drain', id, after };
  }

  #putOutbox(uid: string, after: OutboxRecord | undefined): ViewChange {
    if (after === undefined) this.outbox.delete(uid);
    else this.outbox.set(uid, after);
    return { kind: 'outbox', uid, after };
  }
}

function heldBy(task: LiveTask | undefined): string | undefined {
  const holds = task?.state === 'CLAIMED' || task?.state === 'RUNNING';
  return holds ? task.status.cell_id : undefined;
}
