import { beforeEach, describe, expect, it } from 'vitest';
import { revisionOf } from '../../bbs/store/revision.ts';
import { type ListOptions, STORE_LIMITS } from '../../bbs/store/store.ts';
import { all, expectCode, onEachStore, put, remove } from '../support/stores.ts';

onEachStore((on) => {
  describe('lists', () => {
    const keys = Array.from({ length: 25 }, (_, n) => `item/${String(n).padStart(2, '0')}`);
    beforeEach(async () => {
      await Promise.all([...keys, 'item', 'item0', 'iten/1', 'a'].map((key) => put(on.store, key, `v:${key}`)));
    });

    it('gives the prefix in key order, and nothing beside it', async () => {
      const entries = await all(on.store, 'item/', { limit: 7 });
      expect(entries.map((entry) => entry.key)).toEqual(keys);
      expect(entries.map((entry) => entry.value.toString())).toEqual(keys.map((key) => `v:${key}`));
      expect((await on.store.list('item/', { limit: 25 })).more).toBe(false);
      expect((await on.store.list('item/', { limit: 24 })).more).toBe(true);
      expect((await on.store.list('nothing/', { limit: 5 })).entries).toEqual([]);
      expect((await all(on.store, '', { limit: 9 })).map((entry) => entry.key)).toEqual([
        'a',
        'item',
        ...keys,
        'item0',
        'iten/1',
      ]);
    });

    it('begins behind any key, there or not', async () => {
      const after = async (key: string, more: Partial<ListOptions> = {}): Promise<string | undefined> =>
        (await on.store.list('item/', { limit: 1, after: key, ...more })).entries[0]?.key;
      expect(await after('item/04')).toBe('item/05');
      expect(await after('item/045')).toBe('item/05');
      expect(await after('a')).toBe('item/00');
      expect(await after('z')).toBeUndefined();
      expect(await after('item/04', { reverse: true })).toBe('item/03');
      expect(await after('item/045', { reverse: true })).toBe('item/04');
      expect(await after('z', { reverse: true })).toBe('item/24');
      expect(await after('a', { reverse: true })).toBeUndefined();
    });

    it('ends below any key, there or not', async () => {
      const below = async (key: string, more: Partial<ListOptions> = {}) => {
        const page = await on.store.list('item/', { limit: 3, below: key, ...more });
        return [page.entries.map((entry) => entry.key), page.more];
      };
      expect(await below('item/02')).toEqual([['item/00', 'item/01'], false]);
      expect(await below('item/025')).toEqual([['item/00', 'item/01', 'item/02'], false]);
      expect(await below('z')).toEqual([['item/00', 'item/01', 'item/02'], true]);
      expect(await below('a')).toEqual([[], false]);
      expect(await below('item/04', { after: 'item/01' })).toEqual([['item/02', 'item/03'], false]);
      expect(await below('item/02', { after: 'item/04' })).toEqual([[], false]);
      expect(await below('item/04', { reverse: true })).toEqual([['item/03', 'item/02', 'item/01'], true]);
      expect(await below('item/04', { reverse: true, after: 'item/02' })).toEqual([['item/01', 'item/00'], false]);
    });

    it('tells how far the store has come, and reads nothing for it', async () => {
      const before = await revisionOf(on.store);
      await put(on.store, 'a', 'again');
      expect(await revisionOf(on.store)).toBe(before + 1);
    });

    it('reads backwards', async () => {
      expect((await all(on.store, 'item/', { limit: 7, reverse: true })).map((entry) => entry.key)).toEqual(
        keys.toReversed(),
      );
      expect((await on.store.list('', { limit: 1, reverse: true })).entries[0]?.key).toBe('iten/1');
    });

    it('leaves values out', async () => {
      const entries = await all(on.store, 'item/', { limit: 10, keysOnly: true });
      expect(entries.map((entry) => entry.key)).toEqual(keys);
      expect(entries.every((entry) => entry.value.length === 0 && entry.modRevision > 0)).toBe(true);
    });

    it.each([false, true])('reads all pages at one revision while writes go on (reverse: %s)', async (reverse) => {
      const first = await on.store.list('item/', { limit: 5, reverse });
      await Promise.all([
        ...keys.filter((_, n) => n % 3 === 0).map((key) => remove(on.store, key)),
        ...keys.filter((_, n) => n % 3 === 1).map((key) => put(on.store, key, 'changed')),
        ...keys.map((key) => put(on.store, `${key}/new`, 'new')),
      ]);
      const entries = [...first.entries];
      for (let page = first; page.more; ) {
        const last = page.entries.at(-1)?.key ?? '';
        page = await on.store.list('item/', { limit: 5, reverse, after: last, revision: first.revision });
        expect(page.revision).toBe(first.revision);
        entries.push(...page.entries);
      }
      const expected = reverse ? keys.toReversed() : keys;
      expect(entries.map((entry) => entry.key)).toEqual(expected);
      expect(entries.map((entry) => entry.value.toString())).toEqual(expected.map((key) => `v:${key}`));
    });

    it('refuses limits outside 1 to 1,000', async () => {
      await expect(on.store.list('item/', { limit: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
      await expectCode(on.store.list('item/', { limit: STORE_LIMITS.pageEntries + 1 }), 'invalid_argument');
    });

    it('gives large values in shorter pages', async () => {
      for (let n = 0; n < 40; n++)
        await put(on.store, `large/${String(n).padStart(2, '0')}`, `${n}:`.padEnd(1_200_000, 'x'));
      const entries = await all(on.store, 'large/', { limit: 1_000 });
      expect(entries.map((entry) => Number.parseInt(entry.value.toString('utf8', 0, 3), 10))).toEqual(
        Array.from({ length: 40 }, (_, n) => n),
      );
    }, 30_000);
  });
});
