import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError, errorText, isDomainError } from '../src/domain/errors.ts';
import { type Domains, type Identity, isWithin } from '../src/rpc/identity.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { PREFIX } from './keys.ts';
import type { LeaseId, Store } from './store/store.ts';
import type { Tasks } from './tasks.ts';

/*
 * A client ties tasks to its own life. Two keys: the record of what is held, which stays, and a mark beside it under a lease
 * of the store. A record without its mark is a client that went away without a word, whichever BBS it spoke to and whoever leads.
 */

const RECORD = PREFIX.hold;
const MARK = PREFIX.holdMark;
const TTL_MS = 15_000;
const SWEEP_MS = 1_000;
const PAGE = 500;
export const HELD_MOST = 1_000;

interface HoldRecord {
  readonly holder: string;
  readonly lease: LeaseId;
  readonly tasks: readonly { readonly task_guid: string; readonly uid: string }[];
}

export interface HoldRequest {
  readonly hold_id: string;
  readonly task_guids: readonly string[];
  readonly holder: string;
  readonly release: boolean;
}

/** Whose hold it is. */
type Holder = Pick<Identity, 'name' | 'domains'>;

export interface HoldsDeps {
  readonly store: Store;
  readonly tasks: Tasks;
  /** How long a silent client is still taken to live; tests shorten it. */
  readonly ttlMs?: number;
}

export class Holds {
  readonly #deps: HoldsDeps;
  readonly ttlMs: number;

  constructor(deps: HoldsDeps) {
    this.#deps = deps;
    this.ttlMs = deps.ttlMs ?? TTL_MS;
  }

  /** Begins, renews or releases a hold; safe to repeat. @throws DomainError `invalid_argument`. */
  async hold({ hold_id: asked, task_guids, holder, release }: HoldRequest, by: Holder): Promise<void> {
    if (!/^[A-Za-z0-9_-]{8,64}$/.test(asked)) throw fault('hold_id', 'must be 8 to 64 of A-Z a-z 0-9 _ -');
    if (task_guids.length > HELD_MOST) throw fault('task_guids', `must be at most ${HELD_MOST}`);
    // Whoever is limited to domains has ids of their own: one that another made up too is not theirs to renew or release.
    const hold_id = by.domains === undefined ? asked : `${asked}@${by.name}`;
    const { store } = this.#deps;
    const entry = await store.get(RECORD + hold_id);
    const known = entry === undefined ? undefined : decodeRecord<HoldRecord>(entry.value);
    if (release) {
      if (known === undefined) return;
      // The record first: a mark alone means nothing, a record alone would end the tasks.
      await store.commit({ guards: [], writes: [{ delete: RECORD + hold_id }] });
      await store.revokeLease(known.lease);
      return;
    }
    const tasks = await this.#lives(task_guids, by.domains);
    const kept = known !== undefined && (await store.renewLease(known.lease));
    if (kept && sameTasks(known.tasks, tasks)) return;
    const lease = kept ? known.lease : await store.grantLease(this.ttlMs);
    const record: HoldRecord = { holder: holder.slice(0, 200), lease, tasks };
    await store.commit({
      guards: [],
      writes: [
        { put: MARK + hold_id, value: Buffer.from(lease), lease },
        { put: RECORD + hold_id, value: encodeRecord(record) },
      ],
    });
  }

  /** The leader's duty: ends what was held by clients that are gone. Tried again at the next sweep when something fails. */
  async sweep(log: Logger, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(SWEEP_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        await this.#sweepOnce(log);
      } catch (error) {
        log.warn({ error: errorText(error) }, 'holds.sweep-failed');
      }
    }
  }

  async #sweepOnce(log: Logger): Promise<void> {
    const { store } = this.#deps;
    let after: string | undefined;
    for (;;) {
      const page = await store.list(RECORD, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { key, value, modRevision } of page.entries) {
        const id = key.slice(RECORD.length);
        // Written in one commit with its record and never before it, so its absence now means that the lease ended.
        if ((await store.get(MARK + id)) !== undefined) continue;
        const { holder, tasks } = decodeRecord<HoldRecord>(value);
        for (const { task_guid, uid } of tasks) await this.#end(task_guid, uid, holder);
        await store.commit({ guards: [{ key, modRevision }], writes: [{ delete: key }] });
        log.info({ hold: id, holder, tasks: tasks.length }, 'hold.ended');
      }
      after = page.entries.at(-1)?.key;
      if (!page.more || after === undefined) return;
    }
  }

  async #end(guid: string, uid: string, holder: string): Promise<void> {
    const reason = `its client ${holder === '' ? '' : `${holder} `}went away`;
    try {
      await this.#deps.tasks.transition(guid, { type: 'cancel', reason }, { uid });
    } catch (error) {
      // Ended or gone meanwhile: nothing is left to end.
      if (!isDomainError(error, 'not_found') && !isDomainError(error, 'invalid_transition')) throw error;
    }
  }

  /** A guid may be used again: only the lives of now are held. What is over already needs no hold. */
  async #lives(guids: readonly string[], within: Domains): Promise<HoldRecord['tasks']> {
    const found = await Promise.all(guids.map((guid) => this.#deps.tasks.find(guid)));
    return found.flatMap((task) =>
      task === undefined || !isWithin(within, task.status.domain)
        ? []
        : [{ task_guid: task.status.task_guid, uid: task.status.uid }],
    );
  }
}

function sameTasks(a: HoldRecord['tasks'], b: HoldRecord['tasks']): boolean {
  return a.length === b.length && a.every(({ uid }, at) => uid === b[at]?.uid);
}

function fault(field: string, message: string): DomainError {
  return new DomainError('invalid_argument', `${field}: ${message}`, { faults: [{ field, message }] });
}
