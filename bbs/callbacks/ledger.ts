import { DomainError } from '../../src/domain/errors.ts';
import { isTerminal } from '../../src/domain/task.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import { decodeRecord, encodeRecord } from '../codec.ts';
import { entriesBetween } from '../history/buckets.ts';
import type { FinishedTask, History } from '../history/history.ts';
import { deadKey, outboxKey, PREFIX } from '../keys.ts';
import { definitionOf, type LiveTask } from '../live-task.ts';
import type { CallbackTry, DeliveryRecord, OutboxRecord } from '../records.ts';
import type { Store, Write } from '../store/store.ts';
import type { Tasks } from '../tasks.ts';
import type { View } from '../view.ts';

/** Those that are listed. */
export const OPEN_STATES = ['pending', 'dead'] as const;
export type OpenState = (typeof OPEN_STATES)[number];

/** A task's callback: what is owed, or what became of it. */
export interface Callback {
  readonly task_guid: string;
  readonly number: number;
  /** The same on each try: a receiver drops repeats by it. */
  readonly webhook_id: string;
  readonly url: string;
  /** `taken`: a client took the result itself before it was delivered. */
  readonly state: OpenState | 'delivered' | 'taken';
  readonly attempts: number;
  readonly last_status: number;
  readonly last_error: string;
  /** UNIX milliseconds; 0 = at once, or never where the state is not `pending`. */
  readonly next_at: number;
  readonly tries: readonly CallbackTry[];
}

export interface CallbackPage {
  readonly callbacks: readonly Callback[];
  /** The token of the page behind it; empty when this was the last. */
  readonly next: string;
}

export interface LedgerDeps {
  readonly store: Store;
  readonly view: View;
  readonly tasks: Tasks;
  readonly history: History;
}

type Found = { readonly live: LiveTask } | { readonly finished: FinishedTask };

const TRIES = 5;

/** Callbacks as operators see them, and sending one again. Any BBS answers; the leading one delivers. */
export class Ledger {
  readonly #deps: LedgerDeps;

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  /** What is owed and what was given up of tasks of these domains, oldest task first. The token is the last one's number. @throws DomainError `invalid_argument`. */
  async list(state: OpenState | '', pageSize: number, token: string, within: Domains): Promise<CallbackPage> {
    if (token !== '' && !/^\d{1,15}$/.test(token))
      throw new DomainError('invalid_argument', 'page_token: not one that ListCallbacks gave');
    const { store, view, tasks } = this.#deps;
    await tasks.caughtUp();
    const after = Number(token);
    const found = new Map<number, OutboxRecord>();
    if (state !== 'pending') {
      for await (const entry of entriesBetween(store, PREFIX.dead, [after + 1, Number.MAX_SAFE_INTEGER])) {
        const job = jobIn(entry.value);
        // Left where it is, for people (reliability E18).
        if (job === undefined || !isOf(within, job)) continue;
        found.set(job.number, job);
        // One more than fits tells that there is a next page.
        if (found.size > pageSize) break;
      }
    }
    for (const job of view.outbox())
      if (job.number > after && isOf(within, job) && (state === '' || stateOf(job) === state))
        found.set(job.number, job);
    const jobs = [...found.values()].sort((a, b) => a.number - b.number);
    const page = jobs.slice(0, pageSize);
    return {
      callbacks: page.map((job) => callbackOf(job, stateOf(job), job.next_at)),
      next: jobs.length > pageSize ? String(page.at(-1)?.number) : '',
    };
  }

  /**
   * The callback of a task of these domains, by guid or number.
   * @throws DomainError `not_found`; `invalid_transition` while the task has not ended, or when it has no callback.
   */
  async get(id: string, within: Domains): Promise<Callback> {
    const found = await this.#find(id, within);
    const { task_guid, uid, number, url } = aboutOf(found);
    const entry = await this.#deps.store.get(outboxKey(uid));
    if (entry !== undefined) {
      const job = decodeRecord<OutboxRecord>(entry.value);
      return callbackOf(job, stateOf(job), job.next_at);
    }
    const delivery = 'finished' in found ? found.finished.record.delivery : undefined;
    const none = { url, attempts: 0, last_status: 0, last_error: '' };
    return callbackOf({ task_guid, uid, number, ...(delivery ?? none) }, delivery?.state ?? 'taken', 0);
  }

  /**
   * Sends it at once, and by the whole schedule from there on, whatever became of it before.
   * @throws DomainError as `get`; `conflict` when it changes too fast.
   */
  async resend(id: string, within: Domains): Promise<Callback> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const found = await this.#find(id, within);
      const revision = (await this.#hasten(found)) ?? (await this.#owe(found));
      if (revision === undefined) continue;
      await this.#deps.view.reached(revision);
      return await this.get(id, within);
    }
    throw new DomainError('conflict', `the callback of task ${id} changes too fast; try again`);
  }

  /** What is owed is tried at once. @returns undefined when nothing is owed, or it was changed at this moment. */
  async #hasten(found: Found): Promise<number | undefined> {
    const entry = await this.#deps.store.get(outboxKey(aboutOf(found).uid));
    if (entry === undefined) return undefined;
    const { dead: _dead, ...job } = decodeRecord<OutboxRecord>(entry.value);
    const { committed, revision } = await this.#deps.store.commit({
      guards: [{ key: entry.key, modRevision: entry.modRevision }],
      writes: [owing(job)],
    });
    return committed ? revision : undefined;
  }

  /** What was delivered, given up or taken is owed again. @returns undefined when the task left history at this moment. */
  async #owe(found: Found): Promise<number | undefined> {
    const { task_guid, uid, number, domain, url } = aboutOf(found);
    if ('live' in found) return undefined;
    const { delivery } = found.finished.record;
    const before: DeliveryRecord = delivery ?? { url, state: 'pending', attempts: 0, last_status: 0, last_error: '' };
    const { state: _state, ...told } = before;
    return await this.#deps.history.amend(
      number,
      (record) => ({ ...record, delivery: { ...before, state: 'pending' } }),
      [owing({ task_guid, uid, number, domain, ...told, next_at: 0 }), { delete: deadKey(number) }],
    );
  }

  async #find(id: string, within: Domains): Promise<Found> {
    const { view, tasks, history } = this.#deps;
    await tasks.caughtUp();
    const guid = /^\d{1,15}$/.test(id) ? view.guidOfNumber(Number(id)) : undefined;
    const known = await tasks.find(guid ?? id);
    const live = known !== undefined && isWithin(within, known.status.domain) ? known : undefined;
    const finished = live === undefined ? await history.get(id, within) : undefined;
    const found = live !== undefined ? { live } : finished && { finished };
    if (found === undefined) throw new DomainError('not_found', `no task ${id}, neither live nor in history`);
    if (live !== undefined && !isTerminal(live.status.state))
      throw new DomainError('invalid_transition', `task ${id} has not ended: it is ${live.status.state}`, {
        about: { state: live.status.state },
      });
    if (aboutOf(found).url === '')
      throw new DomainError('invalid_transition', `task ${id} was submitted without a completion_callback_url`);
    return found;
  }
}

function aboutOf(
  found: Found,
): Pick<OutboxRecord, 'task_guid' | 'uid' | 'number' | 'url'> & { readonly domain: string } {
  if ('live' in found) {
    const { task_guid, uid, number, domain } = found.live.status;
    return { task_guid, uid, number, domain, url: definitionOf(found.live).completion_callback_url };
  }
  const { task_guid, uid, number, domain, completion_callback_url: url } = found.finished.task;
  return { task_guid, uid, number, domain, url };
}

/** One whose domain was not noted is nobody's who is limited to some. */
function isOf(within: Domains, job: OutboxRecord): boolean {
  return within === undefined || (job.domain !== undefined && within.has(job.domain));
}

/** Due at once, and the schedule counts from here. */
function owing(job: OutboxRecord): Write {
  const record: OutboxRecord = { ...job, next_at: 0, resent_after: job.attempts };
  return { put: outboxKey(job.uid), value: encodeRecord(record) };
}

function stateOf(job: OutboxRecord): OpenState {
  return job.dead === true ? 'dead' : 'pending';
}

function callbackOf(job: Omit<OutboxRecord, 'next_at' | 'dead'>, state: Callback['state'], next_at: number): Callback {
  const { task_guid, number, uid, url, attempts, last_status, last_error, tries = [] } = job;
  return { task_guid, number, webhook_id: uid, url, state, attempts, last_status, last_error, next_at, tries };
}

function jobIn(value: Buffer): OutboxRecord | undefined {
  try {
    return decodeRecord<OutboxRecord>(value);
  } catch {
    return undefined;
  }
}
