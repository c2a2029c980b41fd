import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../bbs/store/embedded/database.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { connect } from '../../bbs/store/etcd/client.ts';
import { openEtcdStore } from '../../bbs/store/etcd.ts';
import type { Change, ChangeBatch, Entry, ListOptions, Store } from '../../bbs/store/store.ts';
import { STORE_LIMITS } from '../../bbs/store/store.ts';
import { type ErrorCode, isDomainError } from '../../src/domain/errors.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

const log = pino({ level: 'silent' });
const text = (value: string): Buffer => Buffer.from(value);

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

const onLmdb: Engine = {
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

async function put(store: Store, key: string, value: string): Promise<number> {
  const result = await store.commit({ guards: [], writes: [{ put: key, value: text(value) }] });
  expect(result.committed).toBe(true);
  return result.revision;
}

async function remove(store: Store, key: string): Promise<number> {
  return (await store.commit({ guards: [], writes: [{ delete: key }] })).revision;
}

async function all(store: Store, prefix: string, options: ListOptions): Promise<Entry[]> {
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

async function expectCode(call: Promise<unknown>, code: ErrorCode): Promise<void> {
  await expect(call).rejects.toMatchObject({ name: 'DomainError', code });
}

/** Reads until `enough` says so; the test's timeout bounds it. */
async function collect(
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

const seen = ({ key, entry }: Change): string => `${key}=${entry?.value.toString() ?? '-'}`;

describe.each([
  ['etcd', onEtcd],
  ['embedded', onLmdb],
] as const)('the store on %s', (kind, engine) => {
  let place: string;
  let store: Store;

  beforeAll(() => engine.start(), 30_000);
  afterAll(() => engine.stop());
  beforeEach(async () => {
    place = await engine.place();
    store = await engine.open(place);
  });
  afterEach(() => store.close());

  describe('commits', () => {
    it('creates a key once', async () => {
      const create = { guards: [{ key: 'a', createRevision: 0 }], writes: [{ put: 'a', value: text('1') }] };
      const first = await store.commit(create);
      expect(first.committed).toBe(true);
      const second = await store.commit(create);
      expect(second.committed).toBe(false);
      expect(second.revision).toBeGreaterThanOrEqual(first.revision);
      expect(await store.get('a')).toEqual({
        key: 'a',
        value: text('1'),
        createRevision: first.revision,
        modRevision: first.revision,
      });
      expect(await store.get('b')).toBeUndefined();
    });

    it('compares and swaps by mod revision', async () => {
      const first = await put(store, 'a', '1');
      const swap = (modRevision: number, value: string) =>
        store.commit({ guards: [{ key: 'a', modRevision }], writes: [{ put: 'a', value: text(value) }] });
      const second = await swap(first, '2');
      expect(second.committed).toBe(true);
      expect(second.revision).toBeGreaterThan(first);
      expect((await swap(first, '3')).committed).toBe(false);
      expect((await swap(0, '3')).committed).toBe(false);
      expect(await store.get('a')).toMatchObject({
        value: text('2'),
        createRevision: first,
        modRevision: second.revision,
      });
    });

    it('guards by create revision, which a delete and a new put change', async () => {
      const first = await put(store, 'cell', '1');
      const later = await put(store, 'cell', '2');
      const fenced = (createRevision: number) =>
        store.commit({ guards: [{ key: 'cell', createRevision }], writes: [{ put: 'x', value: text('x') }] });
      expect((await fenced(first)).committed).toBe(true);
      expect((await fenced(later)).committed).toBe(false);
      await remove(store, 'cell');
      expect((await fenced(first)).committed).toBe(false);
      expect((await fenced(0)).committed).toBe(true);
      const again = await put(store, 'cell', '3');
      expect(again).toBeGreaterThan(later);
      expect((await fenced(again)).committed).toBe(true);
    });

    it('writes all or nothing', async () => {
      const a = await put(store, 'a', '1');
      const refused = await store.commit({
        guards: [
          { key: 'a', modRevision: a },
          { key: 'b', modRevision: 99_999_999 },
        ],
        writes: [{ put: 'a', value: text('2') }, { put: 'c', value: text('2') }, { delete: 'a2' }],
      });
      expect(refused.committed).toBe(false);
      expect((await all(store, '', { limit: 10 })).map((entry) => entry.key)).toEqual(['a']);
      const done = await store.commit({
        guards: [{ key: 'a', modRevision: a }],
        writes: [{ delete: 'a' }, { put: 'b', value: text('2') }, { put: 'c', value: text('3') }],
      });
      expect(done.committed).toBe(true);
      const entries = await all(store, '', { limit: 10 });
      expect(entries.map((entry) => [entry.key, entry.modRevision])).toEqual([
        ['b', done.revision],
        ['c', done.revision],
      ]);
    });

    it('takes guards alone, and deletes of what is not there', async () => {
      expect((await store.commit({ guards: [{ key: 'a', createRevision: 0 }], writes: [] })).committed).toBe(true);
      expect((await store.commit({ guards: [], writes: [{ delete: 'nothing' }] })).committed).toBe(true);
    });

    it('keeps empty and binary values', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
      await store.commit({
        guards: [],
        writes: [
          { put: 'empty', value: Buffer.alloc(0) },
          { put: 'bytes/ü/😀', value: bytes },
        ],
      });
      expect((await store.get('empty'))?.value).toEqual(Buffer.alloc(0));
      expect((await store.get('bytes/ü/😀'))?.value).toEqual(bytes);
    });

    it('takes 500 at once on keys of their own', async () => {
      const results = await Promise.all(
        Array.from({ length: 500 }, (_, n) =>
          store.commit({
            guards: [
              { key: `many/${n}`, createRevision: 0 },
              { key: 'shared', createRevision: 0 },
            ],
            writes: [{ put: `many/${n}`, value: text(`${n}`) }],
          }),
        ),
      );
      expect(results.every((result) => result.committed)).toBe(true);
      const entries = await all(store, 'many/', { limit: 1_000 });
      expect(entries).toHaveLength(500);
      for (const entry of entries) {
        const n = Number(entry.value.toString());
        expect(entry.key).toBe(`many/${n}`);
        expect(entry.modRevision).toBe(results[n]?.revision);
      }
    });

    it('lets exactly one of 200 racing commits win at each revision', async () => {
      let revision = 0;
      for (let round = 0; round < 3; round++) {
        const results = await Promise.all(
          Array.from({ length: 200 }, (_, n) =>
            store.commit({
              guards: [{ key: 'race', modRevision: revision }],
              writes: [{ put: 'race', value: text(`${round}/${n}`) }],
            }),
          ),
        );
        const winners = results.flatMap((result, n) => (result.committed ? [n] : []));
        expect(winners).toHaveLength(1);
        const entry = await store.get('race');
        expect(entry?.value.toString()).toBe(`${round}/${winners[0]}`);
        revision = entry?.modRevision ?? 0;
      }
    });

    it('counts 50 read-and-swap increments without losing one', async () => {
      await put(store, 'counter', '0');
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = await store.get('counter');
          const next = text(String(Number(entry?.value.toString()) + 1));
          const guards = [{ key: 'counter', modRevision: entry?.modRevision ?? 0 }];
          if ((await store.commit({ guards, writes: [{ put: 'counter', value: next }] })).committed) return;
        }
      };
      const worker = async (): Promise<void> => {
        for (let n = 0; n < 10; n++) await increment();
      };
      await Promise.all(Array.from({ length: 5 }, worker));
      expect((await store.get('counter'))?.value.toString()).toBe('50');
    }, 20_000);

    it('keeps the order of commits asked for one after another on one key', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => put(store, 'same', `${n}`)));
      const { changes } = await collect(store, 'same', 0, (all) => all.length >= 50);
      expect(changes.map(seen)).toEqual(Array.from({ length: 50 }, (_, n) => `same=${n}`));
    });

    it('gives growing revisions', async () => {
      let last = 0;
      for (let n = 0; n < 20; n++) {
        const revision = await put(store, `k${n % 3}`, `${n}`);
        expect(revision).toBeGreaterThan(last);
        last = revision;
      }
      expect((await store.ping(2_000)).revision).toBeGreaterThanOrEqual(last);
    });

    it('refuses what is too large or malformed, and goes on', async () => {
      const big = Buffer.alloc(STORE_LIMITS.bytesPerCommit + 1);
      await expectCode(store.commit({ guards: [], writes: [{ put: 'big', value: big }] }), 'too_large');
      const half = Buffer.alloc(STORE_LIMITS.bytesPerCommit / 2);
      const writes = [
        { put: 'h1', value: half },
        { put: 'h2', value: half },
      ];
      await expectCode(store.commit({ guards: [], writes }), 'too_large');
      const many = Array.from({ length: STORE_LIMITS.operationsPerCommit + 1 }, (_, n) => ({ delete: `k${n}` }));
      await expectCode(store.commit({ guards: [], writes: many }), 'too_large');
      await expectCode(store.commit({ guards: [], writes: [{ delete: 'k'.repeat(2_000) }] }), 'too_large');
      await expectCode(store.commit({ guards: [], writes: [{ delete: 'k' }, { delete: 'k' }] }), 'invalid_argument');
      await expectCode(store.commit({ guards: [], writes: [{ delete: '' }] }), 'invalid_argument');
      await put(store, 'small', '1');
      // Right below the limits, alone and with company.
      const nearly = Buffer.alloc(STORE_LIMITS.bytesPerCommit - 2_000, 7);
      const most = Array.from({ length: STORE_LIMITS.operationsPerCommit }, (_, n) => ({
        key: `g${n}`,
        modRevision: 0,
      }));
      const writing = most.map(({ key }) => ({ put: key, value: text(key) }));
      const results = await Promise.all([
        store.commit({ guards: [], writes: [{ put: 'nearly', value: nearly }] }),
        ...Array.from({ length: 120 }, (_, n) =>
          store.commit({ guards: most, writes: writing.map((write) => ({ ...write, put: `${n}/${write.put}` })) }),
        ),
      ]);
      expect(results.every((result) => result.committed)).toBe(true);
      expect((await store.get('nearly'))?.value.equals(nearly)).toBe(true);
    });
  });

  describe('lists', () => {
    const keys = Array.from({ length: 25 }, (_, n) => `item/${String(n).padStart(2, '0')}`);
    beforeEach(async () => {
      await Promise.all([...keys, 'item', 'item0', 'iten/1', 'a'].map((key) => put(store, key, `v:${key}`)));
    });

    it('gives the prefix in key order, and nothing beside it', async () => {
      const entries = await all(store, 'item/', { limit: 7 });
      expect(entries.map((entry) => entry.key)).toEqual(keys);
      expect(entries.map((entry) => entry.value.toString())).toEqual(keys.map((key) => `v:${key}`));
      expect((await store.list('item/', { limit: 25 })).more).toBe(false);
      expect((await store.list('item/', { limit: 24 })).more).toBe(true);
      expect((await store.list('nothing/', { limit: 5 })).entries).toEqual([]);
      expect((await all(store, '', { limit: 9 })).map((entry) => entry.key)).toEqual([
        'a',
        'item',
        ...keys,
        'item0',
        'iten/1',
      ]);
    });

    it('begins behind any key, there or not', async () => {
      const after = async (key: string, more: Partial<ListOptions> = {}): Promise<string | undefined> =>
        (await store.list('item/', { limit: 1, after: key, ...more })).entries[0]?.key;
      expect(await after('item/04')).toBe('item/05');
      expect(await after('item/045')).toBe('item/05');
      expect(await after('a')).toBe('item/00');
      expect(await after('z')).toBeUndefined();
      expect(await after('item/04', { reverse: true })).toBe('item/03');
      expect(await after('item/045', { reverse: true })).toBe('item/04');
      expect(await after('z', { reverse: true })).toBe('item/24');
      expect(await after('a', { reverse: true })).toBeUndefined();
    });

    it('reads backwards', async () => {
      expect((await all(store, 'item/', { limit: 7, reverse: true })).map((entry) => entry.key)).toEqual(
        keys.toReversed(),
      );
      expect((await store.list('', { limit: 1, reverse: true })).entries[0]?.key).toBe('iten/1');
    });

    it('leaves values out', async () => {
      const entries = await all(store, 'item/', { limit: 10, keysOnly: true });
      expect(entries.map((entry) => entry.key)).toEqual(keys);
      expect(entries.every((entry) => entry.value.length === 0 && entry.modRevision > 0)).toBe(true);
    });

    it.each([false, true])('reads all pages at one revision while writes go on (reverse: %s)', async (reverse) => {
      const first = await store.list('item/', { limit: 5, reverse });
      await Promise.all([
        ...keys.filter((_, n) => n % 3 === 0).map((key) => remove(store, key)),
        ...keys.filter((_, n) => n % 3 === 1).map((key) => put(store, key, 'changed')),
        ...keys.map((key) => put(store, `${key}/new`, 'new')),
      ]);
      const entries = [...first.entries];
      for (let page = first; page.more; ) {
        const last = page.entries.at(-1)?.key ?? '';
        page = await store.list('item/', { limit: 5, reverse, after: last, revision: first.revision });
        expect(page.revision).toBe(first.revision);
        entries.push(...page.entries);
      }
      const expected = reverse ? keys.toReversed() : keys;
      expect(entries.map((entry) => entry.key)).toEqual(expected);
      expect(entries.map((entry) => entry.value.toString())).toEqual(expected.map((key) => `v:${key}`));
    });

    it('refuses limits outside 1 to 1,000', async () => {
      await expect(store.list('item/', { limit: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
      await expectCode(store.list('item/', { limit: 1_001 }), 'invalid_argument');
    });

    it('gives large values in shorter pages', async () => {
      for (let n = 0; n < 40; n++)
        await put(store, `large/${String(n).padStart(2, '0')}`, `${n}:`.padEnd(1_200_000, 'x'));
      const entries = await all(store, 'large/', { limit: 1_000 });
      expect(entries.map((entry) => Number.parseInt(entry.value.toString('utf8', 0, 3), 10))).toEqual(
        Array.from({ length: 40 }, (_, n) => n),
      );
    }, 30_000);
  });

  describe('watches', () => {
    it('tells every change behind a revision, deletes too', async () => {
      await put(store, 'w/a', '0');
      const from = await put(store, 'w/b', '0');
      const a = await put(store, 'w/a', '1');
      await put(store, 'other', 'x');
      const b = await remove(store, 'w/b');
      const { changes } = await collect(store, 'w/', from, (all) => all.length >= 2);
      expect(changes.map(seen)).toEqual(['w/a=1', 'w/b=-']);
      expect(changes.map((change) => change.revision)).toEqual([a, b]);
      expect(changes[0]?.entry).toEqual(await store.get('w/a'));
    });

    it('goes on with what happens later, and ends when aborted', async () => {
      const from = await put(store, 'w/0', '0');
      const stop = new AbortController();
      const got: string[] = [];
      const watching = (async () => {
        for await (const batch of store.watch('w/', from, stop.signal)) got.push(...batch.changes.map(seen));
      })();
      for (let n = 1; n <= 5; n++) {
        await put(store, `w/${n}`, `${n}`);
        await sleep(10);
      }
      await expect.poll(() => got.length).toBe(5);
      stop.abort();
      await watching;
      expect(got).toEqual([1, 2, 3, 4, 5].map((n) => `w/${n}=${n}`));
      for await (const _ of store.watch('w/', from, stop.signal)) expect.unreachable();
    });

    it('resumes without a gap or a repeat from any batch', async () => {
      const from = await put(store, 'start', '');
      const writing = (async () => {
        for (let n = 0; n < 300; n += 10) {
          await Promise.all(Array.from({ length: 10 }, (_, at) => put(store, `w/${n + at}`, '')));
        }
      })();
      const got: string[] = [];
      let at = from;
      while (got.length < 300) {
        const stop = new AbortController();
        for await (const batch of store.watch('w/', at, stop.signal)) {
          got.push(...batch.changes.map((change) => change.key));
          expect(batch.revision).toBeGreaterThan(at);
          at = batch.revision;
          break;
        }
        stop.abort();
      }
      await writing;
      expect(got).toHaveLength(300);
      expect(new Set(got).size).toBe(300);
    });

    it('serves several at once, each its own prefix', async () => {
      const from = await put(store, 'start', '');
      const watching = Promise.all(
        ['p/1/', 'p/2/', 'p/'].map((prefix) => {
          const expected = prefix === 'p/' ? 200 : 100;
          return collect(store, prefix, from, (all) => all.length >= expected);
        }),
      );
      await Promise.all(Array.from({ length: 200 }, (_, n) => put(store, `p/${(n % 2) + 1}/${n}`, `${n}`)));
      const [one, two, both] = await watching;
      expect(one?.changes.every((change) => change.key.startsWith('p/1/'))).toBe(true);
      expect(two?.changes.every((change) => change.key.startsWith('p/2/'))).toBe(true);
      expect(both?.changes.map(seen).sort()).toEqual(
        [...(one?.changes ?? []), ...(two?.changes ?? [])].map(seen).sort(),
      );
      for (const { changes } of [one, two, both].flatMap((result) => result ?? [])) {
        const revisions = changes.map((change) => change.revision);
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
      }
    });

    it('tells the changes of one commit together', async () => {
      const from = await put(store, 'start', '');
      const big = 'x'.repeat(60_000);
      await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          store.commit({
            guards: [],
            writes: Array.from({ length: 10 }, (_, part) => ({ put: `w/${n}/${part}`, value: text(big) })),
          }),
        ),
      );
      const { batches } = await collect(store, 'w/', from, (all) => all.length >= 600);
      let told = from;
      for (const batch of batches) {
        const parts = new Map<string, number>();
        for (const change of batch.changes) {
          const commit = change.key.split('/')[1] ?? '';
          parts.set(commit, (parts.get(commit) ?? 0) + 1);
          expect(change.revision).toBeGreaterThan(told);
          expect(change.revision).toBeLessThanOrEqual(batch.revision);
        }
        expect([...parts.values()].every((count) => count === 10)).toBe(true);
        told = batch.revision;
      }
      expect(batches.flatMap((batch) => batch.changes)).toHaveLength(600);
    }, 20_000);

    it('waits for a reader that is slow', async () => {
      const from = await put(store, 'start', '');
      const writing = (async () => {
        for (let n = 0; n < 400; n += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, at) => put(store, `w/${n + at}`, 'x'.repeat(20_000))));
        }
      })();
      const stop = new AbortController();
      const got = new Set<string>();
      for await (const batch of store.watch('w/', from, stop.signal)) {
        await sleep(20);
        for (const change of batch.changes) {
          expect(got.has(change.key)).toBe(false);
          got.add(change.key);
        }
        if (got.size === 400) break;
      }
      stop.abort();
      await writing;
    }, 20_000);

    it('says so when the changes or the revision asked for are forgotten', async () => {
      const from = await put(store, 'w/a', '1');
      await put(store, 'w/a', '2');
      await put(store, 'w/a', '3');
      await engine.forget(store);
      await expectCode(
        collect(store, 'w/', from, () => false),
        'compacted',
      );
      await expectCode(store.list('w/', { limit: 10, revision: from }), 'compacted');
      const { revision, entries } = await store.list('w/', { limit: 10 });
      expect(entries.map((entry) => entry.value.toString())).toEqual(['3']);
      const watching = collect(store, 'w/', revision, (all) => all.length > 0);
      await put(store, 'w/a', '4');
      expect((await watching).changes.map(seen)).toEqual(['w/a=4']);
    }, 30_000);
  });

  describe('leases', () => {
    it('delete their keys when they run out, and watches see it', async () => {
      const lease = await store.grantLease(2_000);
      const { revision } = await store.commit({
        guards: [],
        writes: [
          { put: 'l/1', value: text('1'), lease },
          { put: 'l/2', value: text('2'), lease },
          { put: 'l/3', value: text('3') },
        ],
      });
      await store.commit({ guards: [], writes: [{ put: 'l/2', value: text('kept: written again without it') }] });
      const { changes } = await collect(store, 'l/', revision, (all) => all.length >= 2);
      expect(changes.map(seen).at(-1)).toBe('l/1=-');
      expect((await all(store, 'l/', { limit: 10 })).map((entry) => entry.key)).toEqual(['l/2', 'l/3']);
      expect(await store.renewLease(lease)).toBe(false);
      const write = { put: 'l/4', value: text('4'), lease };
      await expectCode(store.commit({ guards: [], writes: [write] }), 'not_found');
    }, 20_000);

    it('live as long as they are renewed', async () => {
      const lease = await store.grantLease(2_000);
      await store.commit({ guards: [], writes: [{ put: 'l/1', value: text('1'), lease }] });
      for (let n = 0; n < 9; n++) {
        await sleep(500);
        expect(await store.renewLease(lease)).toBe(true);
      }
      expect(await store.get('l/1')).toBeDefined();
      await store.revokeLease(lease);
      expect(await store.get('l/1')).toBeUndefined();
      expect(await store.renewLease(lease)).toBe(false);
      await store.revokeLease(lease);
    }, 20_000);

    it('run out after a restart too, but not before their time', async () => {
      const lease = await store.grantLease(2_000);
      await store.commit({ guards: [], writes: [{ put: 'l/1', value: text('1'), lease }] });
      await store.close();
      store = await engine.open(place);
      expect(await store.get('l/1')).toBeDefined();
      expect(await store.renewLease(lease)).toBe(true);
      await expect.poll(() => store.get('l/1'), { timeout: 20_000 }).toBeUndefined();
    }, 20_000);
  });

  describe('life', () => {
    it('tells what it is', async () => {
      const status = await store.ping(2_000);
      expect(status.kind).toBe(kind);
      expect(status.version).not.toBe('');
    });

    it('keeps data, revision and history over a restart', async () => {
      const first = await put(store, 'k/1', '1');
      await put(store, 'k/2', '2');
      const before = await all(store, '', { limit: 10 });
      await store.close();
      store = await engine.open(place);
      expect(await all(store, '', { limit: 10 })).toEqual(before);
      expect(await put(store, 'k/3', '3')).toBeGreaterThan(first + 1);
      const { changes } = await collect(store, 'k/', first, (all) => all.length >= 2);
      expect(changes.map(seen)).toEqual(['k/2=2', 'k/3=3']);
    });

    it('ends watches and waiting commits when closed, and refuses calls after it', async () => {
      const from = await put(store, 'a', '1');
      const watching = collect(store, '', from + 100_000, () => false);
      const waiting = Promise.allSettled(
        Array.from({ length: 300 }, (_, n) => store.commit({ guards: [], writes: [{ delete: `x${n}` }] })),
      );
      await sleep(0);
      await store.close();
      await watching;
      const faults = (await waiting).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(faults.map((error) => isDomainError(error, 'unavailable'))).not.toContain(false);
      await expectCode(store.get('a'), 'unavailable');
      await expectCode(store.list('a', { limit: 1 }), 'unavailable');
      await expectCode(store.commit({ guards: [], writes: [] }), 'unavailable');
      await expectCode(store.grantLease(1_000), 'unavailable');
      await expectCode(store.ping(1_000), 'unavailable');
      expect(() => store.watch('', 0, AbortSignal.timeout(1_000))).toThrow(/closed/);
      await store.close();
    });
  });
});

describe('the embedded store alone', () => {
  beforeAll(() => onLmdb.start());
  afterAll(() => onLmdb.stop());

  it('is refused to a second opener, with the path in the message', async () => {
    const place = await onLmdb.place();
    const store = await onLmdb.open(place);
    await expect(onLmdb.open(place)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(place),
    });
    await store.close();
    await (await onLmdb.open(place)).close();
  });

  it('takes over from a process that died, also where its pid lives again', async () => {
    const place = await onLmdb.place();
    await (await onLmdb.open(place)).close();
    const gone = spawn('true');
    await new Promise((resolve) => gone.once('exit', resolve));
    const lock = join(place, 'owner.lock');
    for (const owner of [`${gone.pid} another-boot:1`, `${process.pid} another-boot:1`, 'rubbish', '']) {
      await writeFile(lock, owner);
      const store = await onLmdb.open(place);
      expect(await readFile(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
      await store.close();
    }
  });

  it('forgets the oldest revisions first', async () => {
    const place = await onLmdb.place();
    const store = await openEmbeddedStore({ path: place, history: { revisions: 10 } });
    const revisions: number[] = [];
    for (let n = 0; n < 30; n++) revisions.push(await put(store, 'k', `${n}`));
    const { changes } = await collect(store, 'k', (revisions.at(-1) ?? 0) - 10, (all) => all.length >= 10);
    expect(changes.map(seen)).toEqual(Array.from({ length: 10 }, (_, n) => `k=${n + 20}`));
    await expectCode(
      collect(store, 'k', (revisions.at(-1) ?? 0) - 11, () => false),
      'compacted',
    );
    await store.close();
  });

  it('undoes the whole transaction when anything in it throws', async () => {
    const database = new Database(await onLmdb.place(), { revisions: 10, bytes: 1_000_000 });
    const failing = database.transact((tx) => {
      tx.apply([{ key: 'a', value: text('1') }]);
      tx.addLease('00000000000000aa', 1_000);
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    database.refresh();
    expect(database.get('a')).toBeUndefined();
    expect(database.leases()).toEqual([]);
    expect(database.meta.revision).toBe(0);
    await database.close();
  });

  it('tells a watch of a quiet prefix how far it is', async () => {
    const store = await onLmdb.open(await onLmdb.place());
    const writing = Promise.all(Array.from({ length: 2_500 }, (_, n) => put(store, `busy/${n}`, '')));
    const stop = new AbortController();
    for await (const batch of store.watch('quiet/', 0, stop.signal)) {
      expect(batch.changes).toEqual([]);
      if (batch.revision >= 2_000) break;
    }
    await writing;
    await store.close();
  });
});
