import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { type EtcdStore, openEtcdStore } from '../../bbs/store/etcd.ts';
import { startEtcd } from '../support/etcd.ts';

const log = pino({ level: 'silent' });

const put = (to: EtcdStore, key: string, value = ''): ReturnType<EtcdStore['commit']> =>
  to.commit({ guards: [], writes: [{ put: key, value: Buffer.from(value) }] });

describe('a cluster of three', () => {
  it('serves on while any one member is dead or stopped, and a watch misses nothing', async () => {
    const own = await startEtcd({ members: 3 });
    const three = await openEtcdStore({ hosts: own.hosts, log });
    const stop = new AbortController();
    try {
      const { revision } = await put(three, 'start');
      const keys: string[] = [];
      const watching = (async () => {
        for await (const batch of three.watch('w/', revision, stop.signal))
          keys.push(...batch.changes.map((c) => c.key));
      })();
      const written: string[] = [];
      const write = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n++) {
          const key = `w/${written.length}`;
          // Ambiguous answers are asked again; the key is the same, so it is one change or two of the same key.
          await expect
            .poll(
              () =>
                put(three, key).then(
                  () => 'ok',
                  () => 'not yet',
                ),
              { timeout: 20_000 },
            )
            .toBe('ok');
          written.push(key);
        }
      };
      await write(5);
      for (const member of own.members) {
        await member.kill();
        await write(5);
        await member.restart();
        member.pause();
        await write(5);
        member.resume();
      }
      await expect.poll(() => new Set(keys).size, { timeout: 20_000 }).toBe(written.length);
      stop.abort();
      await watching;
    } finally {
      stop.abort();
      await three.close();
      await own.stop();
    }
  }, 120_000);

  it('without a majority fails calls and drops watches, and serves again after it', async () => {
    const own = await startEtcd({ members: 3 });
    const [alone, ...others] = own.members;
    const lines: string[] = [];
    const noted = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    // One host only: the member that will be alone cannot be left for another.
    const lonely = await openEtcdStore({ hosts: [alone?.host ?? ''], log: noted });
    const stop = new AbortController();
    try {
      const { revision } = await put(lonely, 'a', '1');
      const keys: string[] = [];
      const watching = (async () => {
        for await (const batch of lonely.watch('w/', revision, stop.signal)) {
          keys.push(...batch.changes.map((change) => change.key));
        }
      })();
      await put(lonely, 'w/0');
      await expect.poll(() => keys).toEqual(['w/0']);
      await Promise.all(others.map((member) => member.kill()));
      await expect(put(lonely, 'b')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(lonely.get('a')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(lonely.ping(1_000)).rejects.toMatchObject({ code: 'unavailable' });
      // Its connection is in order; only `hasleader` makes the member end the stream.
      await expect.poll(() => lines.join(), { timeout: 20_000 }).toContain('no leader');
      await Promise.all(others.map((member) => member.restart()));
      const again = (): Promise<string> =>
        put(lonely, 'w/1').then(
          () => 'ok',
          () => 'not yet',
        );
      await expect.poll(again, { timeout: 20_000 }).toBe('ok');
      expect((await lonely.get('a'))?.value.toString()).toBe('1');
      await expect.poll(() => keys.at(-1), { timeout: 20_000 }).toBe('w/1');
      stop.abort();
      await watching;
    } finally {
      stop.abort();
      await lonely.close();
      await own.stop();
    }
  }, 90_000);
});

describe('a full etcd', () => {
  it('refuses puts as `overloaded`, takes deletes from among them, and says so in its status', async () => {
    const own = await startEtcd({ args: ['--quota-backend-bytes=16777216'] });
    const full = await openEtcdStore({ hosts: own.hosts, log });
    try {
      const value = 'x'.repeat(500_000);
      const fill = async (n: number): Promise<unknown> => {
        if (n === 60) return 'took everything';
        return put(full, `fill/${n}`, value).then(
          () => fill(n + 1),
          (error: unknown) => error,
        );
      };
      expect(await fill(0)).toMatchObject({ code: 'overloaded' });
      const outcomes = await Promise.allSettled([
        full.commit({ guards: [], writes: [{ delete: 'fill/0' }] }),
        put(full, 'small'),
        full.commit({ guards: [], writes: [{ delete: 'fill/1' }] }),
      ]);
      expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await full.get('fill/0')).toBeUndefined();
      expect((await full.ping(2_000)).warnings.join()).toContain('NOSPACE');
    } finally {
      await full.close();
      await own.stop();
    }
  }, 60_000);
});
