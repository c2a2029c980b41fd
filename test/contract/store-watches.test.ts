import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collect, expectCode, onEachStore, put, remove, seen, text } from '../support/stores.ts';

onEachStore((on) => {
  describe('watches', () => {
    it('tells every change behind a revision, deletes too', async () => {
      await put(on.store, 'w/a', '0');
      const from = await put(on.store, 'w/b', '0');
      const a = await put(on.store, 'w/a', '1');
      await put(on.store, 'other', 'x');
      const b = await remove(on.store, 'w/b');
      const { changes } = await collect(on.store, 'w/', from, (all) => all.length >= 2);
      expect(changes.map(seen)).toEqual(['w/a=1', 'w/b=-']);
      expect(changes.map((change) => change.revision)).toEqual([a, b]);
      expect(changes[0]?.entry).toEqual(await on.store.get('w/a'));
    });

    it('goes on with what happens later, and ends when aborted', async () => {
      const from = await put(on.store, 'w/0', '0');
      const stop = new AbortController();
      const got: string[] = [];
      const watching = (async () => {
        for await (const batch of on.store.watch('w/', from, stop.signal)) got.push(...batch.changes.map(seen));
      })();
      for (let n = 1; n <= 5; n++) {
        await put(on.store, `w/${n}`, `${n}`);
        await sleep(10);
      }
      await expect.poll(() => got.length).toBe(5);
      stop.abort();
      await watching;
      expect(got).toEqual([1, 2, 3, 4, 5].map((n) => `w/${n}=${n}`));
      for await (const _ of on.store.watch('w/', from, stop.signal)) expect.unreachable();
    });

    it('resumes without a gap or a repeat from any batch', async () => {
      const from = await put(on.store, 'start', '');
      const writing = (async () => {
        for (let n = 0; n < 300; n += 10) {
          await Promise.all(Array.from({ length: 10 }, (_, at) => put(on.store, `w/${n + at}`, '')));
        }
      })();
      const got: string[] = [];
      let at = from;
      while (got.length < 300) {
        const stop = new AbortController();
        for await (const batch of on.store.watch('w/', at, stop.signal)) {
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
      const from = await put(on.store, 'start', '');
      const watching = Promise.all(
        ['p/1/', 'p/2/', 'p/'].map((prefix) => {
          const expected = prefix === 'p/' ? 200 : 100;
          return collect(on.store, prefix, from, (all) => all.length >= expected);
        }),
      );
      await Promise.all(Array.from({ length: 200 }, (_, n) => put(on.store, `p/${(n % 2) + 1}/${n}`, `${n}`)));
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
      const from = await put(on.store, 'start', '');
      const big = 'x'.repeat(60_000);
      await Promise.all(
        Array.from({ length: 60 }, (_, n) =>
          on.store.commit({
            guards: [],
            writes: Array.from({ length: 10 }, (_, part) => ({ put: `w/${n}/${part}`, value: text(big) })),
          }),
        ),
      );
      const { batches } = await collect(on.store, 'w/', from, (all) => all.length >= 600);
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
      const from = await put(on.store, 'start', '');
      const writing = (async () => {
        for (let n = 0; n < 400; n += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, at) => put(on.store, `w/${n + at}`, 'x'.repeat(20_000))));
        }
      })();
      const stop = new AbortController();
      const got = new Set<string>();
      for await (const batch of on.store.watch('w/', from, stop.signal)) {
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
      const from = await put(on.store, 'w/a', '1');
      await put(on.store, 'w/a', '2');
      await put(on.store, 'w/a', '3');
      await on.forget();
      await expectCode(
        collect(on.store, 'w/', from, () => false),
        'compacted',
      );
      await expectCode(on.store.list('w/', { limit: 10, revision: from }), 'compacted');
      const { revision, entries } = await on.store.list('w/', { limit: 10 });
      expect(entries.map((entry) => entry.value.toString())).toEqual(['3']);
      const watching = collect(on.store, 'w/', revision, (all) => all.length > 0);
      await put(on.store, 'w/a', '4');
      expect((await watching).changes.map(seen)).toEqual(['w/a=4']);
    }, 30_000);
  });
});
