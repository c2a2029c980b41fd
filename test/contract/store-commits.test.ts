import { describe, expect, it } from 'vitest';
import { STORE_LIMITS } from '../../bbs/store/store.ts';
import { all, collect, expectCode, onEachStore, put, remove, seen, text } from '../support/stores.ts';

onEachStore((on) => {
  describe('commits', () => {
    it('creates a key once', async () => {
      const create = { guards: [{ key: 'a', createRevision: 0 }], writes: [{ put: 'a', value: text('1') }] };
      const first = await on.store.commit(create);
      expect(first.committed).toBe(true);
      const second = await on.store.commit(create);
      expect(second.committed).toBe(false);
      expect(second.revision).toBeGreaterThanOrEqual(first.revision);
      expect(await on.store.get('a')).toEqual({
        key: 'a',
        value: text('1'),
        createRevision: first.revision,
        modRevision: first.revision,
      });
      expect(await on.store.get('b')).toBeUndefined();
    });

    it('compares and swaps by mod revision', async () => {
      const first = await put(on.store, 'a', '1');
      const swap = (modRevision: number, value: string) =>
        on.store.commit({ guards: [{ key: 'a', modRevision }], writes: [{ put: 'a', value: text(value) }] });
      const second = await swap(first, '2');
      expect(second.committed).toBe(true);
      expect(second.revision).toBeGreaterThan(first);
      expect((await swap(first, '3')).committed).toBe(false);
      expect((await swap(0, '3')).committed).toBe(false);
      expect(await on.store.get('a')).toMatchObject({
        value: text('2'),
        createRevision: first,
        modRevision: second.revision,
      });
    });

    it('guards by create revision, which a delete and a new put change', async () => {
      const first = await put(on.store, 'cell', '1');
      const later = await put(on.store, 'cell', '2');
      const fenced = (createRevision: number) =>
        on.store.commit({ guards: [{ key: 'cell', createRevision }], writes: [{ put: 'x', value: text('x') }] });
      expect((await fenced(first)).committed).toBe(true);
      expect((await fenced(later)).committed).toBe(false);
      await remove(on.store, 'cell');
      expect((await fenced(first)).committed).toBe(false);
      expect((await fenced(0)).committed).toBe(true);
      const again = await put(on.store, 'cell', '3');
      expect(again).toBeGreaterThan(later);
      expect((await fenced(again)).committed).toBe(true);
    });

    it('writes all or nothing', async () => {
      const a = await put(on.store, 'a', '1');
      const refused = await on.store.commit({
        guards: [
          { key: 'a', modRevision: a },
          { key: 'b', modRevision: 99_999_999 },
        ],
        writes: [{ put: 'a', value: text('2') }, { put: 'c', value: text('2') }, { delete: 'a2' }],
      });
      expect(refused.committed).toBe(false);
      expect((await all(on.store, '', { limit: 10 })).map((entry) => entry.key)).toEqual(['a']);
      const done = await on.store.commit({
        guards: [{ key: 'a', modRevision: a }],
        writes: [{ delete: 'a' }, { put: 'b', value: text('2') }, { put: 'c', value: text('3') }],
      });
      expect(done.committed).toBe(true);
      const entries = await all(on.store, '', { limit: 10 });
      expect(entries.map((entry) => [entry.key, entry.modRevision])).toEqual([
        ['b', done.revision],
        ['c', done.revision],
      ]);
    });

    it('takes guards alone, and deletes of what is not there', async () => {
      expect((await on.store.commit({ guards: [{ key: 'a', createRevision: 0 }], writes: [] })).committed).toBe(true);
      expect((await on.store.commit({ guards: [], writes: [{ delete: 'nothing' }] })).committed).toBe(true);
    });

    it('keeps empty and binary values', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
      await on.store.commit({
        guards: [],
        writes: [
          { put: 'empty', value: Buffer.alloc(0) },
          { put: 'bytes/ü/😀', value: bytes },
        ],
      });
      expect((await on.store.get('empty'))?.value).toEqual(Buffer.alloc(0));
      expect((await on.store.get('bytes/ü/😀'))?.value).toEqual(bytes);
    });

    it('takes 500 at once on keys of their own', async () => {
      const results = await Promise.all(
        Array.from({ length: 500 }, (_, n) =>
          on.store.commit({
            guards: [
              { key: `many/${n}`, createRevision: 0 },
              { key: 'shared', createRevision: 0 },
            ],
            writes: [{ put: `many/${n}`, value: text(`${n}`) }],
          }),
        ),
      );
      expect(results.every((result) => result.committed)).toBe(true);
      const entries = await all(on.store, 'many/', { limit: 1_000 });
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
            on.store.commit({
              guards: [{ key: 'race', modRevision: revision }],
              writes: [{ put: 'race', value: text(`${round}/${n}`) }],
            }),
          ),
        );
        const winners = results.flatMap((result, n) => (result.committed ? [n] : []));
        expect(winners).toHaveLength(1);
        const entry = await on.store.get('race');
        expect(entry?.value.toString()).toBe(`${round}/${winners[0]}`);
        revision = entry?.modRevision ?? 0;
      }
    });

    it('counts 50 read-and-swap increments without losing one', async () => {
      await put(on.store, 'counter', '0');
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = await on.store.get('counter');
          const next = text(String(Number(entry?.value.toString()) + 1));
          const guards = [{ key: 'counter', modRevision: entry?.modRevision ?? 0 }];
          if ((await on.store.commit({ guards, writes: [{ put: 'counter', value: next }] })).committed) return;
        }
      };
      const worker = async (): Promise<void> => {
        for (let n = 0; n < 10; n++) await increment();
      };
      await Promise.all(Array.from({ length: 5 }, worker));
      expect((await on.store.get('counter'))?.value.toString()).toBe('50');
    }, 20_000);

    it('keeps the order of commits asked for one after another on one key', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => put(on.store, 'same', `${n}`)));
      const { changes } = await collect(on.store, 'same', 0, (all) => all.length >= 50);
      expect(changes.map(seen)).toEqual(Array.from({ length: 50 }, (_, n) => `same=${n}`));
    });

    it('gives growing revisions', async () => {
      let last = 0;
      for (let n = 0; n < 20; n++) {
        const revision = await put(on.store, `k${n % 3}`, `${n}`);
        expect(revision).toBeGreaterThan(last);
        last = revision;
      }
      expect((await on.store.ping(2_000)).revision).toBeGreaterThanOrEqual(last);
    });

    it('refuses what is too large or malformed, and goes on', async () => {
      const big = Buffer.alloc(STORE_LIMITS.bytesPerCommit + 1);
      await expectCode(on.store.commit({ guards: [], writes: [{ put: 'big', value: big }] }), 'too_large');
      const half = Buffer.alloc(STORE_LIMITS.bytesPerCommit / 2);
      const writes = [
        { put: 'h1', value: half },
        { put: 'h2', value: half },
      ];
      await expectCode(on.store.commit({ guards: [], writes }), 'too_large');
      const many = Array.from({ length: STORE_LIMITS.operationsPerCommit + 1 }, (_, n) => ({ delete: `k${n}` }));
      await expectCode(on.store.commit({ guards: [], writes: many }), 'too_large');
      await expectCode(on.store.commit({ guards: [], writes: [{ delete: 'k'.repeat(2_000) }] }), 'too_large');
      await expectCode(on.store.commit({ guards: [], writes: [{ delete: 'k' }, { delete: 'k' }] }), 'invalid_argument');
      await expectCode(on.store.commit({ guards: [], writes: [{ delete: '' }] }), 'invalid_argument');
      await put(on.store, 'small', '1');
      // Right below the limits, alone and with company.
      const nearly = Buffer.alloc(STORE_LIMITS.bytesPerCommit - 2_000, 7);
      const most = Array.from({ length: STORE_LIMITS.operationsPerCommit }, (_, n) => ({
        key: `g${n}`,
        modRevision: 0,
      }));
      const writing = most.map(({ key }) => ({ put: key, value: text(key) }));
      const results = await Promise.all([
        on.store.commit({ guards: [], writes: [{ put: 'nearly', value: nearly }] }),
        ...Array.from({ length: 120 }, (_, n) =>
          on.store.commit({ guards: most, writes: writing.map((write) => ({ ...write, put: `${n}/${write.put}` })) }),
        ),
      ]);
      expect(results.every((result) => result.committed)).toBe(true);
      expect((await on.store.get('nearly'))?.value.equals(nearly)).toBe(true);
    });
  });
});
