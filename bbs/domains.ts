import { DomainError } from '../src/domain/errors.ts';
import { isTerminal, TASK_STATES, type TaskState } from '../src/domain/task.ts';
import { LIMITS } from '../src/domain/validate.ts';
import type { Clock } from '../src/platform/clock.ts';
import { type Domains, isWithin } from '../src/rpc/identity.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { domainKey } from './keys.ts';
import type { DomainRecord } from './records.ts';
import type { Store } from './store/store.ts';
import type { View, ViewChange } from './view.ts';

/** What is live in a domain, and what was set for it. */
export interface DomainInfo {
  readonly domain: string;
  readonly tasks: Readonly<Record<TaskState, number>>;
  /** How long history keeps its records; undefined = as long as those of all others. */
  readonly retentionMs: number | undefined;
  readonly retentionInForceMs: number;
  /** 0 = no limit. */
  readonly maxPending: number;
}

/** What is left out stays as it is; 0 takes it back. */
export interface DomainChange {
  readonly retentionMs?: number | undefined;
  readonly maxPending?: number | undefined;
}

export interface DomainBookDeps {
  readonly store: Store;
  readonly view: View;
  readonly clock: Clock;
  /** How long history keeps records where nothing is set. */
  readonly keepMs: number;
}

type Counts = Record<TaskState, number>;

const TRIES = 5;
const RETENTION_LEAST_MS = 60_000;
const MOST_PENDING = 10_000_000;
const NO_TASKS: Counts = { PENDING: 0, CLAIMED: 0, RUNNING: 0, COMPLETED: 0, RESOLVING: 0 };

/** The domains: what lives in each, counted as it changes and never by a walk over all tasks, and what operators set for them. */
export class DomainBook {
  readonly #deps: DomainBookDeps;
  readonly #counts = new Map<string, Counts>();
  /** Guids that this process is about to create in domains with a limit, and that the view does not have yet. */
  readonly #coming = new Map<string, Set<string>>();
  readonly #unlisten: () => void;

  constructor(deps: DomainBookDeps) {
    this.#deps = deps;
    this.#unlisten = deps.view.listen((change) => this.#take(change));
    this.#countAll();
  }

  close(): void {
    this.#unlisten();
  }

  /** Those that have live tasks, or that something was set for; by name. */
  list(within: Domains): readonly DomainInfo[] {
    const { view } = this.#deps;
    const names = new Set([...this.#counts.keys(), ...view.domainRecords.keys()]);
    return [...names]
      .filter((name) => isWithin(within, name))
      .toSorted()
      .map((name) => this.#info(name));
  }

  /** @throws DomainError `not_found` for one that is not listed. */
  get(domain: string, within: Domains): DomainInfo {
    const known = this.#counts.has(domain) || this.#deps.view.domainRecords.has(domain);
    if (known && isWithin(within, domain)) return this.#info(domain);
    throw new DomainError('not_found', `nothing is live in domain ${domain}, and nothing was set for it`);
  }

  /** @throws DomainError `invalid_argument` naming the field. */
  async set(domain: string, change: DomainChange, by: string): Promise<DomainInfo> {
    requireChange(domain, change);
    const { store, view, clock } = this.#deps;
    const key = domainKey(domain);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const entry = await store.get(key);
      const before = entry === undefined ? undefined : decodeRecord<DomainRecord>(entry.value);
      const { retentionMs = before?.retention_ms ?? 0, maxPending = before?.max_pending ?? 0 } = change;
      const record: DomainRecord = {
        domain,
        by,
        at: clock.nowMs(),
        ...(retentionMs === 0 ? {} : { retention_ms: retentionMs }),
        ...(maxPending === 0 ? {} : { max_pending: maxPending }),
      };
      const nothing = retentionMs === 0 && maxPending === 0;
      const { committed, revision } = await store.commit({
        guards: [{ key, modRevision: entry?.modRevision ?? 0 }],
        writes: [nothing ? { delete: key } : { put: key, value: encodeRecord(record) }],
      });
      if (!committed) continue;
      await view.reached(revision);
      return this.#info(domain);
    }
    throw new DomainError('conflict', `what is set for domain ${domain} changes too fast; try again`);
  }

  /**
   * A place among the domain's waiting tasks, for one that is about to be created. Counted of what this process knows, and what it is creating itself:
   * several of them together may let in a few more.
   * @returns gives the place back, for a creation that came to nothing.
   * @throws DomainError `overloaded`.
   */
  admit(domain: string, guid: string): () => void {
    const most = this.#deps.view.domainRecords.get(domain)?.max_pending;
    if (most === undefined) return () => {};
    const coming = this.#coming.get(domain) ?? new Set();
    const pending = (this.#counts.get(domain)?.PENDING ?? 0) + coming.size;
    if (pending >= most) {
      const hint = 'wait for some to start, cancel some, or have an operator allow more (gavel domains set)';
      throw new DomainError('overloaded', `${pending} tasks of domain ${domain} wait, and ${most} may; ${hint}`);
    }
    this.#coming.set(domain, coming.add(guid));
    return () => this.#came(domain, guid);
  }

  #came(domain: string, guid: string): void {
    const coming = this.#coming.get(domain);
    if (coming?.delete(guid) === true && coming.size === 0) this.#coming.delete(domain);
  }

  #info(domain: string): DomainInfo {
    const { view, keepMs } = this.#deps;
    const record = view.domainRecords.get(domain);
    return {
      domain,
      tasks: this.#counts.get(domain) ?? NO_TASKS,
      retentionMs: record?.retention_ms,
      retentionInForceMs: record?.retention_ms ?? keepMs,
      maxPending: record?.max_pending ?? 0,
    };
  }

  #take(change: ViewChange): void {
    if (change.kind === 'reset') this.#countAll();
    if (change.kind !== 'task') return;
    const { before, after, guid } = change;
    if (before !== undefined) this.#count(before.domain, before.state, -1);
    if (after === undefined) return;
    this.#count(after.domain, after.state, 1);
    if (this.#coming.size > 0) this.#came(after.status.domain, guid);
  }

  #countAll(): void {
    this.#counts.clear();
    this.#coming.clear();
    for (const { domain, state } of this.#deps.view.tasks()) this.#count(domain, state, 1);
  }

  #count(domain: string, state: TaskState, by: 1 | -1): void {
    let counts = this.#counts.get(domain);
    if (counts === undefined) this.#counts.set(domain, (counts = { ...NO_TASKS }));
    counts[state] += by;
    // Looked at where a domain can have become empty, which is where its last task ends.
    if (by === -1 && isTerminal(state) && TASK_STATES.every((one) => counts[one] === 0)) this.#counts.delete(domain);
  }
}

function requireChange(domain: string, { retentionMs, maxPending }: DomainChange): void {
  const fault = (field: string, message: string) =>
    new DomainError('invalid_argument', `${field}: ${message}`, { faults: [{ field, message }] });
  if (domain === '' || Buffer.byteLength(domain) > LIMITS.domainBytes)
    throw fault('domain', `must be of 1 to ${LIMITS.domainBytes} bytes`);
  if (retentionMs === undefined && maxPending === undefined)
    throw fault('retention', 'set it, or max_pending; nothing is to be changed');
  if (retentionMs !== undefined && retentionMs !== 0 && retentionMs < RETENTION_LEAST_MS)
    throw fault('retention', 'must be a minute or more; 0 takes it back');
  if (maxPending !== undefined && (!Number.isInteger(maxPending) || maxPending < 0 || maxPending > MOST_PENDING))
    throw fault('max_pending', `must be a whole number up to ${MOST_PENDING}; 0 = no limit`);
}
