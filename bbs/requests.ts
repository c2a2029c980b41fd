import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../src/domain/errors.ts';
import type { Clock } from '../src/platform/clock.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { PREFIX, requestKey } from './keys.ts';
import type { RequestRecord } from './records.ts';
import type { Entry, Store, Write } from './store/store.ts';

const KEPT_MS = 24 * 3_600_000;
/** Request keys are hashes, so their first two digits cut them into equal parts. */
const PARTS = 256;
const PART_MS = KEPT_MS / PARTS;
const PAGE = 200;
const WRITES = 20;

/**
 * The first requests of request keys, kept for 24 hours: a repeat finds its first one here. Plain keys and no lease: a put under
 * a lease can fail every commit that travels with it, so leased creations would each travel alone (seven times fewer a second).
 */
export class Requests {
  readonly #store: Store;
  readonly #clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What goes into the commit that creates a task, together with the guard that the key is free. */
  first(
    domain: string,
    key: string,
    { task_guid, uid, digest }: Omit<RequestRecord, 'at'>,
  ): Write & { readonly put: string } {
    const record: RequestRecord = { task_guid, uid, digest, at: this.#clock.nowMs() };
    return { put: requestKey(domain, key), value: encodeRecord(record) };
  }

  /** The first request of a key. One that is older than 24 hours is dropped on the way, so that its key is free. */
  async find(domain: string, key: string): Promise<RequestRecord | undefined> {
    const entry = await this.#store.get(requestKey(domain, key));
    if (entry === undefined) return undefined;
    const record = decodeRecord<RequestRecord>(entry.value);
    if (!this.#isOld(record)) return record;
    await this.#drop([entry]);
    return undefined;
  }

  /**
   * Drops what is old, in small parts, each once in 24 hours: the clock says which one is due, so nothing has to be remembered
   * and no pass reads everything. What nobody asks for again may therefore lie for a second day.
   */
  async prune(log: Logger, signal: AbortSignal): Promise<void> {
    for (;;) {
      const now = this.#clock.nowMs();
      await sleep(PART_MS - (now % PART_MS), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        const dropped = await this.prunePart(Math.floor(this.#clock.nowMs() / PART_MS) % PARTS);
        if (dropped > 0) log.info({ dropped }, 'requests.pruned');
      } catch (error) {
        // Its turn comes again tomorrow.
        log.warn({ error: errorText(error) }, 'requests.prune-failed');
      }
    }
  }

  /** @returns how many went. */
  async prunePart(part: number): Promise<number> {
    const prefix = `${PREFIX.request}${part.toString(16).padStart(2, '0')}`;
    let dropped = 0;
    let after: string | undefined;
    for (;;) {
      const page = await this.#store.list(prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      const old = page.entries.filter((entry) => this.#isOld(decodeRecord<RequestRecord>(entry.value)));
      for (let at = 0; at < old.length; at += WRITES) await this.#drop(old.slice(at, at + WRITES));
      dropped += old.length;
      after = page.entries.at(-1)?.key;
      if (!page.more || after === undefined) return dropped;
    }
  }

  #isOld(record: RequestRecord): boolean {
    return this.#clock.nowMs() - record.at > KEPT_MS;
  }

  /** Only as they were read: a key that was used again meanwhile stays, and the others go the next time. */
  async #drop(entries: readonly Entry[]): Promise<void> {
    await this.#store.commit({
      guards: entries.map(({ key, modRevision }) => ({ key, modRevision })),
      writes: entries.map(({ key }) => ({ delete: key })),
    });
  }
}
