import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../src/domain/errors.ts';
import type { Metrics } from '../src/platform/metrics.ts';
import { PREFIX, sealKey } from './keys.ts';
import { everything } from './store/everything.ts';
import { type Seal, SealError, sealedBy } from './store/seal.ts';
import type { Entry, Store } from './store/store.ts';

/*
 * A store says of itself which keys its values need: a record for each, sealed with it. A BBS without one of them does not start, as it would take
 * tasks that it cannot read for tasks that are not there.
 */

/**
 * @param store as it lies there, unopened.
 * @throws DomainError `invalid_argument` when a key is missing, or is another one of the same name.
 */
export async function admitSeal(store: Store, seal: Seal | undefined): Promise<void> {
  const { entries } = await store.list(PREFIX.seal, { limit: 100 });
  const needed = new Map(entries.map((entry) => [entry.key.slice(PREFIX.seal.length), entry]));
  const missing = [...needed.keys()].filter((name) => seal?.knows(name) !== true);
  if (missing.length > 0) {
    const names = missing.map((name) => `"${name}"`).join(', ');
    throw new DomainError('invalid_argument', `storeKeys: what is in the store is sealed, and needs the key ${names}`);
  }
  if (seal === undefined) return;
  for (const [name, { key, value }] of needed) {
    try {
      seal.open(key, value);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      throw new DomainError('invalid_argument', `storeKeys "${name}": another key than the store was sealed with`);
    }
  }
  if (needed.has(seal.active)) return;
  const key = sealKey(seal.active);
  // Refused where another BBS was faster, which is as good.
  await store.commit({
    guards: [{ key, modRevision: 0 }],
    writes: [{ put: key, value: seal.seal(key, Buffer.from(seal.active)) }],
  });
}

/** What stays as it is for as long as its record is kept, and is sealed anew. */
const LASTING: readonly string[] = [
  PREFIX.drain,
  PREFIX.domain,
  PREFIX.history,
  PREFIX.archive,
  PREFIX.archiveSummary,
  PREFIX.archiveApart,
  PREFIX.dead,
  PREFIX.pin,
  PREFIX.secret,
  PREFIX.alert,
  PREFIX.events,
  PREFIX.number,
];
/** What goes with a task that lives, with its client, or after a day: sealed anew it would be told to readers as a change. */
const PASSING: readonly string[] = [PREFIX.task, PREFIX.spec, PREFIX.outbox, PREFIX.input, PREFIX.request, PREFIX.hold];
/** In the clear: what is under a lease, and the records of the keys. */
const OF_PROCESSES: readonly string[] = [PREFIX.cell, PREFIX.leader, PREFIX.holdMark, PREFIX.seal];
/** For the test that none is forgotten. */
export const SORTED = [LASTING, PASSING, OF_PROCESSES];

const EVERY_MS = 3_600_000;
const REST_MS = 50;
const AT_ONCE = 32;

export interface ResealDeps {
  /** As it lies there, unopened. */
  readonly store: Store;
  readonly seal: Seal;
  readonly log: Logger;
}

/** Once in an hour, while this process leads. */
export async function keepSealed(deps: ResealDeps, metrics: Metrics, signal: AbortSignal): Promise<void> {
  const counts = metrics.gauge({
    name: 'gavel_store_values',
    help: 'Values in the store by the key they are sealed with, when last counted; empty = in the clear',
    labels: ['key'],
  });
  while (!signal.aborted) {
    try {
      const counted = await reseal(deps, signal);
      counts.reset();
      for (const [name, count] of counted) counts.labels(name).set(count);
    } catch (error) {
      deps.log.warn({ error: errorText(error) }, 'store.reseal-failed');
    }
    await sleep(EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

/**
 * Seals with the first key what lies there in the clear or with another, and takes back the record of a key that nothing needs any more. Its cost is to
 * read the whole store once.
 * @returns how many values there are of each key; '' = in the clear.
 */
export async function reseal({ store, seal, log }: ResealDeps, signal: AbortSignal): Promise<Map<string, number>> {
  const { revision, entries: kept } = await store.list(PREFIX.seal, { limit: 100 });
  const counts = new Map<string, number>([[seal.active, 0]]);
  for (const { key } of kept) counts.set(key.slice(PREFIX.seal.length), 0);
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  let resealed = 0;
  let writing: Promise<void>[] = [];
  for await (const entry of everything(store, '', revision)) {
    if (signal.aborted) return counts;
    if (isIn(OF_PROCESSES, entry.key)) continue;
    const name = sealedBy(entry.value) ?? '';
    if (name === seal.active || !isIn(LASTING, entry.key)) {
      count(name);
      continue;
    }
    writing.push(
      anew(store, seal, entry).then((done) => {
        if (done) resealed += 1;
        // What somebody wrote meanwhile is counted the next time.
        count(done ? seal.active : name);
      }),
    );
    if (writing.length < AT_ONCE) continue;
    await Promise.all(writing);
    writing = [];
    await sleep(REST_MS, undefined, { signal }).catch(() => {});
  }
  await Promise.all(writing);
  for (const { key, modRevision } of kept) {
    const name = key.slice(PREFIX.seal.length);
    if (name === seal.active || counts.get(name) !== 0) continue;
    await store.commit({ guards: [{ key, modRevision }], writes: [{ delete: key }] });
    log.info({ key: name }, 'store.key-unused');
  }
  if (resealed > 0) log.info({ resealed, key: seal.active }, 'store.resealed');
  return counts;
}

async function anew(store: Store, seal: Seal, { key, value, modRevision }: Entry): Promise<boolean> {
  let opened: Buffer;
  try {
    opened = seal.open(key, value);
  } catch {
    // Left for people, under the key it names.
    return false;
  }
  const { committed } = await store.commit({
    guards: [{ key, modRevision }],
    writes: [{ put: key, value: seal.seal(key, opened) }],
  });
  return committed;
}

function isIn(prefixes: readonly string[], key: string): boolean {
  return prefixes.some((prefix) => key.startsWith(prefix));
}
