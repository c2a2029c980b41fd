import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isDomainError } from '../../src/domain/errors.ts';
import { all, collect, expectCode, onEachStore, put, seen, text } from '../support/stores.ts';

onEachStore((on) => {
  describe('leases', () => {
    it('delete their keys when they run out, and watches see it', async () => {
      const lease = await on.store.grantLease(2_000);
      const { revision } = await on.store.commit({
        guards: [],
        writes: [
          { put: 'l/1', value: text('1'), lease },
          { put: 'l/2', value: text('2'), lease },
          { put: 'l/3', value: text('3') },
        ],
      });
      await on.store.commit({ guards: [], writes: [{ put: 'l/2', value: text('kept: written again without it') }] });
      const { changes } = await collect(on.store, 'l/', revision, (all) => all.length >= 2);
      expect(changes.map(seen).at(-1)).toBe('l/1=-');
      expect((await all(on.store, 'l/', { limit: 10 })).map((entry) => entry.key)).toEqual(['l/2', 'l/3']);
      expect(await on.store.renewLease(lease)).toBe(false);
      const write = { put: 'l/4', value: text('4'), lease };
      await expectCode(on.store.commit({ guards: [], writes: [write] }), 'not_found');
    }, 20_000);

    it('live as long as they are renewed', async () => {
      const lease = await on.store.grantLease(4_000);
      await on.store.commit({ guards: [], writes: [{ put: 'l/1', value: text('1'), lease }] });
      for (let n = 0; n < 11; n++) {
        await sleep(500);
        expect(await on.store.renewLease(lease)).toBe(true);
      }
      expect(await on.store.get('l/1')).toBeDefined();
      await on.store.revokeLease(lease);
      expect(await on.store.get('l/1')).toBeUndefined();
      expect(await on.store.renewLease(lease)).toBe(false);
      await on.store.revokeLease(lease);
    }, 20_000);

    it('run out after a restart too, but not before their time', async () => {
      const lease = await on.store.grantLease(4_000);
      await on.store.commit({ guards: [], writes: [{ put: 'l/1', value: text('1'), lease }] });
      await on.store.close();
      on.store = await on.open();
      expect(await on.store.get('l/1')).toBeDefined();
      expect(await on.store.renewLease(lease)).toBe(true);
      await expect.poll(() => on.store.get('l/1'), { timeout: 20_000 }).toBeUndefined();
    }, 40_000);
  });

  describe('life', () => {
    it('tells what it is', async () => {
      const status = await on.store.ping(2_000);
      expect(on.kind).toContain(status.kind);
      expect(status.version).not.toBe('');
    });

    it('keeps data, revision and history over a restart', async () => {
      const first = await put(on.store, 'k/1', '1');
      await put(on.store, 'k/2', '2');
      const before = await all(on.store, '', { limit: 10 });
      await on.store.close();
      on.store = await on.open();
      expect(await all(on.store, '', { limit: 10 })).toEqual(before);
      expect(await put(on.store, 'k/3', '3')).toBeGreaterThan(first + 1);
      const { changes } = await collect(on.store, 'k/', first, (all) => all.length >= 2);
      expect(changes.map(seen)).toEqual(['k/2=2', 'k/3=3']);
    });

    it('ends watches and waiting commits when closed, and refuses calls after it', async () => {
      const from = await put(on.store, 'a', '1');
      const watching = collect(on.store, '', from + 100_000, () => false);
      const waiting = Promise.allSettled(
        Array.from({ length: 300 }, (_, n) => on.store.commit({ guards: [], writes: [{ delete: `x${n}` }] })),
      );
      await sleep(0);
      await on.store.close();
      await watching;
      const faults = (await waiting).flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      expect(faults.map((error) => isDomainError(error, 'unavailable'))).not.toContain(false);
      await expectCode(on.store.get('a'), 'unavailable');
      await expectCode(on.store.list('a', { limit: 1 }), 'unavailable');
      await expectCode(on.store.commit({ guards: [], writes: [] }), 'unavailable');
      await expectCode(on.store.grantLease(1_000), 'unavailable');
      await expectCode(on.store.ping(1_000), 'unavailable');
      expect(() => on.store.watch('', 0, AbortSignal.timeout(1_000))).toThrow(/closed/);
      await on.store.close();
    });
  });
});
