import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { encrypted } from '../../bbs/store/encrypted.ts';
import { connect } from '../../bbs/store/etcd/client.ts';
import { openEtcdStore } from '../../bbs/store/etcd.ts';
import { Seal } from '../../bbs/store/seal.ts';
import type { Change, ChangeBatch, Entry, ListOptions, Store } from '../../bbs/store/store.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import { startEtcd, type TestEtcd } from './etcd.ts';

const log = pino({ level: 'silent' });
export const text = (value: string): Buffer => Buffer.from(value);

/** One engine under the contract: `open` gives a store of its own; opening `at` the same place again sees the same data. */
interface Engine {
  start(): Promise<void>;
  stop(): Promise<void>;
  place(): Promise<string>;
  open(place: string): Promise<Store>;
  /** Makes the store forget its history up to now. */
  forget(store: Store): Promise<void>;
}

let etcd: TestEtcd | undefined;
let folder = '';
const sealKey = randomBytes(32);
let places = 0;

const onEtcd: Engine = {
  async start() {
    etcd = await startEtcd();
  },
  async stop() {
    await etcd?.stop();
  },
  place: async () => `/test-${++places}/`,
  open: (place) => openEtcdStore({ hosts: etcd?.hosts ?? [], prefix: place, log }),
  async forget(store) {
    const { revision } = await store.ping(2_000);
    const client = connect(etcd?.hosts[0] ?? '', undefined);
    await client.kv.compact({ revision: String(revision), physical: true });
    client.close();
  },
};

export const onLmdb: Engine = {
  async start() {
    folder = await mkdtemp(join(tmpdir(), 'gavel-lmdb-'));
  },
  async stop() {
    await rm(folder, { recursive: true, force: true });
  },
  place: async () => join(folder, `store-${++places}`),
  open: (place) => openEmbeddedStore({ path: place, history: { revisions: 4_000 } }),
  async forget(store) {
    for (let at = 0; at < 4_001; at += 250) {
      await Promise.all(Array.from({ length: 250 }, (_, n) => put(store, `forget/${n}`, 'x')));
    }
  },
};

/** As the embedded one, its values sealed; one of a process's own after each opening, as after a restart. */
const onSealed: Engine = {
  ...onLmdb,
  open: async (place) => encrypted(await onLmdb.open(place), new Seal(new Map([['test', sealKey]])), log),
};

export async function put(store: Store, key: string, value: string): Promise<number> {
  const result = await store.commit({ guards: [], writes: [{ put: key, value: text(value) }] });
  expect(result.committed).toBe(true);
  return result.revision;
}

export async function remove(store: Store, key: string): Promise<number> {
  return (await store.commit({ guards: [], writes: [{ delete: key }] })).revision;
}

export async function all(store: Store, prefix: string, options: ListOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  let page = await store.list(prefix, options);
  for (;;) {
    expect(page.entries.length).toBeLessThanOrEqual(options.limit);
    entries.push(...page.entries);
    const last = page.entries.at(-1);
    if (!page.more || last === undefined) return entries;
    page = await store.list(prefix, { ...options, after: last.key, revision: page.revision });
  }
}

export async function expectCode(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'DomainError', code });
}

/** Reads until `enough` says so; the test's timeout bounds it. */
export async function collect(
  store: Store,
  prefix: string,
  afterRevision: number,
  enough: (changes: readonly Change[]) => boolean,
): Promise<{ changes: Change[]; batches: ChangeBatch[] }> {
  const stop = new AbortController();
  const changes: Change[] = [];
  const batches: ChangeBatch[] = [];
  for await (const batch of store.watch(prefix, afterRevision, stop.signal)) {
    batches.push(batch);
    changes.push(...batch.changes);
    if (enough(changes)) break;
  }
  stop.abort();
  return { changes, batches };
}

export const seen = ({ key, entry }: Change): string => `${key}=${entry?.value.toString() ?? '-'}`;

/** The store that a test of the contract has. */
export interface StoreUnderTest {
  readonly kind: string;
  store: Store;
  /** The same data once more, after `store` was closed. */
  open(): Promise<Store>;
  forget(): Promise<void>;
}

/** The same tests on each of the stores, every test with an empty one. */
export function onEachStore(tests: (on: StoreUnderTest) => void): void {
  describe.each([
    ['etcd', onEtcd],
    ['embedded', onLmdb],
    ['embedded, sealed', onSealed],
  ] as const)('the store on %s', (kind, engine) => {
    let place: string;
    const on = {
      kind,
      open: async () => await engine.open(place),
      forget: async () => await engine.forget(on.store),
    } as StoreUnderTest;
    beforeAll(() => engine.start(), 30_000);
    afterAll(() => engine.stop());
    beforeEach(async () => {
      place = await engine.place();
      on.store = await engine.open(place);
    });
    afterEach(() => on.store.close());
    tests(on);
  });
}
