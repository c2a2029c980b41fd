import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import { decodeRecord } from '../codec.ts';
import { archiveApartKey, archiveKey, archiveSummaryKey, PREFIX } from '../keys.ts';
import type { CellEventsRecord, HistoryRecord } from '../records.ts';
import { type Entry, type Guard, STORE_LIMITS, type Store, type Write } from '../store/store.ts';
import type { View } from '../view.ts';
import { Block, INLINE_MAX_BYTES, type Lined, lined, packRecord } from './block.ts';
import { BUCKET, entriesBetween, numberInKey } from './buckets.ts';
import { type Bucket, mayHaveDomain, numbersIn } from './catalog.ts';
import { Keeping } from './keeping.ts';
import { Pins } from './pins.ts';
import { decodeSealed } from './sealed.ts';
import { encodeSummary, type Summary, summaryOf } from './summary.ts';

export interface HistoryPolicy {
  /** A record is kept for so long after its task was resolved. */
  readonly keepMs: number;
  /** So many are kept, and up to a bucket (128) more. */
  readonly keepCount: number;
  /** What is archived takes at most so much of the store. */
  readonly keepBytes: number;
}

export const DEFAULT_HISTORY: HistoryPolicy = {
  keepMs: 30 * 24 * 3_600_000,
  keepCount: 1_000_000,
  keepBytes: 512 * 1024 * 1024,
};

export interface ArchiveDeps {
  readonly store: Store;
  readonly view: View;
  readonly clock: Clock;
  readonly log: Logger;
  readonly policy: HistoryPolicy;
}

const EVERY_MS = 10_000;
/** Records that are keys of their own, at most; when there are more, the fullest buckets are archived. */
const RECENT_MOST = 10_000;
/** A bucket whose tasks have all ended, or nearly: nothing has come to it for so long. */
const SETTLED_MS = 10 * 60_000;

/** Keeps history small: moves sealed records into blocks, and drops what is over the policy. Runs in one BBS at a time; two for a moment do no harm. */
export async function keepHistory(deps: ArchiveDeps, signal: AbortSignal): Promise<void> {
  const archive = new Archive(deps);
  while (!signal.aborted) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    try {
      const archived = await archive.fill(signal);
      const dropped = await archive.prune(signal);
      if (archived > 0 || dropped > 0) deps.log.info({ archived, dropped }, 'history.kept');
    } catch (error) {
      // Tried again at the next turn.
      deps.log.warn({ error: errorText(error) }, 'history.keep-failed');
    }
  }
}

type About = Pick<HistoryRecord, 'number' | 'domain' | 'resolved_at'>;

/** When buckets are archived. */
export interface Filling {
  readonly recentMost: number;
  readonly settledMs: number;
}

export class Archive {
  readonly #deps: ArchiveDeps;
  readonly #pins: Pins;
  /** For how many of its domains a bucket was gone through already. */
  readonly #aged = new WeakMap<Summary, number>();

  constructor(deps: ArchiveDeps) {
    this.#deps = deps;
    this.#pins = new Pins(deps.store);
  }

  /** Moves records into the blocks of their buckets. Its cost follows what ended, not what is kept. @returns how many records went. */
  async fill(signal: AbortSignal, { recentMost, settledMs }: Filling = FILLING): Promise<number> {
    const catalog = this.#deps.view.history;
    // What is kept for less than that is settled sooner, or it would never be old enough to be dropped.
    const { shortestMs } = new Keeping(this.#deps.view, this.#deps.policy.keepMs);
    const settledBefore = performance.now() - Math.min(settledMs, shortestMs);
    const open = [...catalog.oldestFirst()].filter(({ recent }) => recent.size > 0);
    open.sort((a, b) => b.recent.size - a.recent.size);
    let left = catalog.recentCount;
    let moved = 0;
    for (const bucket of open) {
      if (signal.aborted) return moved;
      if (left <= recentMost && bucket.touchedAt > settledBefore) continue;
      const count = await this.#move(bucket.id);
      left -= count;
      moved += count;
    }
    return moved;
  }

  /**
   * Drops whole buckets but what is pinned, the oldest first, that are over the policy; and of a bucket whose records are too old for some of its
   * domains only, the records of those. @returns how many records went.
   */
  async prune(signal: AbortSignal): Promise<number> {
    const { view, clock, policy } = this.#deps;
    const pins = await this.#pins.between(0, Number.MAX_SAFE_INTEGER);
    const buckets = [...view.history.oldestFirst()]
      .map((bucket) => ({ ...bucket, count: numbersIn(bucket).filter((number) => !pins.has(number)).length }))
      // What is pinned takes no place of others.
      .filter(({ count }) => count > 0);
    let records = buckets.reduce((sum, { count }) => sum + count, 0);
    let bytes = buckets.reduce((sum, { summary }) => sum + (summary?.bytes ?? 0), 0);
    const keeping = new Keeping(view, policy.keepMs);
    let dropped = 0;
    for (const bucket of buckets) {
      if (signal.aborted) break;
      const { due, of } = keeping.dueIn(bucket, clock.nowMs());
      const over = records - bucket.count >= policy.keepCount || bytes > policy.keepBytes;
      if (!over && due < of) {
        const gone = await this.#dropAged(bucket, due, keeping);
        records -= gone;
        dropped += gone;
        continue;
      }
      await this.#drop(bucket);
      records -= bucket.count;
      bytes -= bucket.summary?.bytes ?? 0;
      dropped += bucket.count;
    }
    return dropped;
  }

  /**
   * Drops the records of tasks that were resolved before a time, but pinned ones.
   * @returns how many went (`dryRun`: would go), and how many as old ones are pinned.
   */
  async purge(
    {
      beforeNanos,
      within,
      dryRun,
    }: { readonly beforeNanos: bigint; readonly within: Domains; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Promise<{ readonly records: number; readonly pinned: number }> {
    const total = { records: 0, pinned: 0 };
    const goes = (about: About) => BigInt(about.resolved_at) < beforeNanos && isWithin(within, about.domain);
    for (const bucket of this.#deps.view.history.oldestFirst()) {
      signal.throwIfAborted();
      if (within !== undefined && ![...within].some((domain) => mayHaveDomain(bucket, domain))) continue;
      const { gone, pinned } = await this.#shrink(bucket.id, goes, dryRun);
      total.records += gone;
      total.pinned += pinned;
    }
    return total;
  }

  /** Takes single records out of a bucket. Broken off anywhere it is done again; what belonged to them goes last. */
  async #shrink(
    id: number,
    goes: (about: About) => boolean,
    dryRun: boolean,
  ): Promise<{ readonly gone: number; readonly pinned: number }> {
    const { store, view } = this.#deps;
    const [first, last] = spanOf(id);
    const pins = await this.#pins.between(first, last);
    const gone = new Set<number>();
    const pinned = new Set<number>();
    const stays = (about: About) => {
      if (!goes(about)) return true;
      (pins.has(about.number) ? pinned : gone).add(about.number);
      return pins.has(about.number);
    };
    const own: Entry[] = [];
    for await (const entry of entriesBetween(store, PREFIX.history, [first, last]))
      if (!stays(decodeSealed(entry.value))) own.push(entry);
    const stored = await store.get(archiveKey(id));
    const before = stored === undefined ? Block.empty : await Block.decode(stored.value);
    const block = before.only(stays);
    if (dryRun || gone.size === 0) return { gone: gone.size, pinned: pinned.size };
    if (block.entries.length < before.entries.length) {
      const bytes = await block.encode();
      const { committed } = await store.commit({
        guards: [{ key: archiveKey(id), modRevision: stored?.modRevision ?? 0 }],
        writes:
          block.entries.length === 0
            ? [{ delete: archiveKey(id) }, { delete: archiveSummaryKey(id) }]
            : [
                { put: archiveKey(id), value: bytes },
                { put: archiveSummaryKey(id), value: encodeSummary(summaryOf(block, bytes.length)) },
              ],
      });
      // Records came to the block at this moment: once more, with them.
      if (!committed) return await this.#shrink(id, goes, dryRun);
    }
    await this.#delete(own);
    const rest: Entry[] = [];
    for (const prefix of [PREFIX.events, PREFIX.dead, PREFIX.archiveApart])
      for await (const entry of entriesBetween(store, prefix, [first, last], true)) {
        const number = numberInKey(prefix, entry.key);
        if (gone.has(number) && view.guidOfNumber(number) === undefined) rest.push(entry);
      }
    await this.#delete(rest);
    return { gone: gone.size, pinned: pinned.size };
  }

  /** Brings the records of a bucket into its block, then deletes them. Broken off anywhere, it is done again from the start. */
  async #move(id: number): Promise<number> {
    const { store } = this.#deps;
    const span = spanOf(id);
    const sealed: Entry[] = [];
    for await (const entry of entriesBetween(store, PREFIX.history, span)) sealed.push(entry);
    const told = new Map<number, Entry[]>();
    for await (const entry of entriesBetween(store, PREFIX.events, span)) {
      const number = numberInKey(PREFIX.events, entry.key);
      told.set(number, [...(told.get(number) ?? []), entry]);
    }

    const stored = await store.get(archiveKey(id));
    const before = stored === undefined ? Block.empty : await Block.decode(stored.value);
    const records = sealed.map((entry) => {
      const record = decodeSealed(entry.value);
      return lined(withEvents(record, told.get(record.number) ?? []));
    });
    const apart = await this.#putApart(records);
    const block = before.with(records, apart);
    const bytes = await block.encode();
    const { committed } = await store.commit({
      guards: [{ key: archiveKey(id), modRevision: stored?.modRevision ?? 0 }],
      writes: [
        { put: archiveKey(id), value: bytes },
        { put: archiveSummaryKey(id), value: encodeSummary(summaryOf(block, bytes.length)) },
      ],
    });
    // Another leader was at it: the next turn sees what is left to do.
    if (!committed) return 0;
    await this.#delete([...sealed, ...records.flatMap(({ record }) => told.get(record.number) ?? [])]);
    return records.length;
  }

  /** @returns the sizes of the records that are too large for their block, by number. */
  async #putApart(records: readonly Lined[]): Promise<ReadonlyMap<number, number>> {
    const apart = new Map<number, number>();
    for (const one of records) {
      if (Buffer.byteLength(one.line) <= INLINE_MAX_BYTES) continue;
      const { number } = one.record;
      const value = await packRecord(one);
      await this.#deps.store.commit({ guards: [], writes: [{ put: archiveApartKey(number), value }] });
      apart.set(number, value.length);
    }
    return apart;
  }

  /** Records of the domains for which all of the bucket is too old; once, as pinned ones stay. */
  async #dropAged({ id, summary }: Bucket, due: number, keeping: Keeping): Promise<number> {
    if (summary === undefined || due === 0 || this.#aged.get(summary) === due) return 0;
    this.#aged.set(summary, due);
    const age = this.#deps.clock.nowMs() - summary.newestMs;
    return (await this.#shrink(id, ({ domain }) => age > keeping.ofDomain(domain), false)).gone;
  }

  async #drop({ id, summary }: Bucket): Promise<void> {
    const { store, view } = this.#deps;
    const span = spanOf(id);
    // Looked at once more: somebody may have pinned one meanwhile.
    if ((await this.#pins.between(...span)).size > 0) {
      await this.#shrink(id, () => true, false);
      return;
    }
    const entries: Entry[] = [];
    for (const prefix of [PREFIX.history, PREFIX.events, PREFIX.dead, PREFIX.archiveApart])
      for await (const entry of entriesBetween(store, prefix, span, true)) {
        // What cells told of a task that goes on.
        if (prefix === PREFIX.events && view.guidOfNumber(numberInKey(prefix, entry.key)) !== undefined) continue;
        entries.push(entry);
      }
    await this.#delete(entries);
    if (summary === undefined) return;
    await store.commit({ guards: [], writes: [{ delete: archiveKey(id) }, { delete: archiveSummaryKey(id) }] });
  }

  /** Only as they were read: a record that was amended meanwhile stays, and is archived again. */
  async #delete(entries: readonly Entry[]): Promise<void> {
    const commits: Promise<unknown>[] = [];
    for (let at = 0; at < entries.length; at += STORE_LIMITS.operationsPerCommit) {
      const some = entries.slice(at, at + STORE_LIMITS.operationsPerCommit);
      const guards: Guard[] = some.map(({ key, modRevision }) => ({ key, modRevision }));
      const writes: Write[] = some.map(({ key }) => ({ delete: key }));
      commits.push(this.#deps.store.commit({ guards, writes }));
    }
    await Promise.all(commits);
  }
}

const FILLING: Filling = { recentMost: RECENT_MOST, settledMs: SETTLED_MS };

function spanOf(bucket: number): [number, number] {
  return [bucket * BUCKET, (bucket + 1) * BUCKET - 1];
}

/** The record with what cells told of its attempts, each once. */
function withEvents(record: HistoryRecord, told: readonly Entry[]): HistoryRecord {
  if (told.length === 0) return record;
  const events = new Map((record.events ?? []).map((one) => [one.attempt, one]));
  for (const { value } of told) {
    const one = decodeRecord<CellEventsRecord>(value);
    events.set(one.attempt, one);
  }
  return { ...record, events: [...events.values()] };
}
