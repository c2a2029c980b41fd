import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../bbs/store/etcd/client.ts';
import { isBelowFloor } from '../../bbs/store/etcd/status.ts';
import { type EtcdStore, openEtcdStore } from '../../bbs/store/etcd.ts';
import type { Change } from '../../bbs/store/store.ts';
import { isDomainError } from '../../src/domain/errors.ts';
import { freePort, startEtcd, type TestEtcd } from '../support/etcd.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const log = pino({ level: 'silent' });

let etcd: TestEtcd;
let proxy: TcpProxy;
let places = 0;
/** Straight to etcd, and through the proxy; both see the same keys. */
let direct: EtcdStore;
let store: EtcdStore;

const put = (to: EtcdStore, key: string, value = ''): ReturnType<EtcdStore['commit']> =>
  to.commit({ guards: [], writes: [{ put: key, value: Buffer.from(value) }] });

async function putMany(to: EtcdStore, count: number, value = ''): Promise<void> {
  for (let from = 0; from < count; from += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - from) }, (_, n) => put(to, `w/${from + n}`, value)));
  }
}

/** Each put a revision of its own, past the group commit: a catch-up then takes several answers of 1,000 revisions. */
async function putAlone(count: number, value: string): Promise<void> {
  const client = connect(etcd.hosts[0] ?? '', undefined);
  for (let from = 0; from < count; from += 100) {
    await Promise.all(
      Array.from({ length: Math.min(100, count - from) }, (_, n) =>
        client.kv.put({ key: Buffer.from(`/faults-${places}/w/${from + n}`), value: Buffer.from(value) }),
      ),
    );
  }
  client.close();
}

/** Follows `w/` in the background through the proxy. */
function follow(afterRevision: number): { changes: Change[]; end(): Promise<void> } {
  const stop = new AbortController();
  const changes: Change[] = [];
  const done = (async () => {
    for await (const batch of store.watch('w/', afterRevision, stop.signal)) changes.push(...batch.changes);
  })();
  return {
    changes,
    async end() {
      stop.abort();
      await done;
    },
  };
}

/** Nothing lost, nothing twice, in order. */
function expectEach(changes: readonly Change[], count: number): void {
  expect(changes).toHaveLength(count);
  expect(new Set(changes.map((change) => change.key)).size).toBe(count);
  const revisions = changes.map((change) => change.revision);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
}

beforeAll(async () => {
  etcd = await startEtcd();
}, 30_000);
afterAll(() => etcd.stop());

beforeEach(async () => {
  const prefix = `/faults-${++places}/`;
  proxy = await TcpProxy.start(etcd.members[0]?.port ?? 0);
  direct = await openEtcdStore({ hosts: etcd.hosts, prefix, log });
  store = await openEtcdStore({ hosts: [proxy.host], prefix, log });
});
afterEach(async () => {
  await store.close();
  await direct.close();
  await proxy.stop();
});

describe('a watch', () => {
  it('loses nothing when it is cut right after it was created, again and again', async () => {
    const { revision } = await put(direct, 'start');
    const following = follow(revision);
    for (let n = 0; n < 10; n++) {
      await sleep(20);
      proxy.cutAll();
      await put(direct, `w/${n}`);
    }
    await expect.poll(() => following.changes.length, { timeout: 20_000 }).toBe(10);
    expectEach(following.changes, 10);
    await following.end();
  }, 30_000);

  // The HTTP/2 preface, the `created` answer and the first events come within the first few hundred bytes.
  it.each([60, 100, 140, 180, 220, 300, 400])(
    'loses nothing when its first stream is cut after %d bytes',
    async (bytes) => {
      const { revision } = await put(direct, 'start');
      await putMany(direct, 7);
      proxy.cutAfter(bytes);
      const following = follow(revision);
      await expect.poll(() => following.changes.length, { timeout: 20_000 }).toBe(7);
      await sleep(100);
      expectEach(following.changes, 7);
      await following.end();
    },
    20_000,
  );

  it('loses nothing when cut inside a catch-up of 3,500 events', async () => {
    const { revision } = await put(direct, 'start');
    await putAlone(3_500, 'x'.repeat(200));
    for (const bytes of [20_000, 150_000, 400_000, 700_000]) {
      proxy.cutAfter(bytes);
      const accepted = proxy.accepted;
      const following = follow(revision);
      await expect.poll(() => following.changes.length, { timeout: 20_000 }).toBe(3_500);
      await sleep(100);
      expectEach(following.changes, 3_500);
      expect(proxy.accepted - accepted).toBeGreaterThan(1);
      await following.end();
    }
  }, 60_000);

  it('catches up with answers far over the limits of one message, cut too', async () => {
    const { revision } = await put(direct, 'start');
    await putMany(direct, 600, 'x'.repeat(100_000));
    proxy.cutAfter(25_000_000);
    const following = follow(revision);
    await expect.poll(() => following.changes.length, { timeout: 30_000 }).toBe(600);
    expectEach(following.changes, 600);
    await following.end();
  }, 60_000);

  it('comes back from a connection that is open and silent', async () => {
    const { revision } = await put(direct, 'start');
    const following = follow(revision);
    await put(direct, 'w/0');
    await expect.poll(() => following.changes.length).toBe(1);
    proxy.mode = 'stall';
    await put(direct, 'w/1');
    // Keepalive notices within 9 s; every connection that was stalled is dropped by then.
    await sleep(10_000);
    proxy.mode = 'pass';
    await expect.poll(() => following.changes.length, { timeout: 20_000 }).toBe(2);
    expectEach(following.changes, 2);
    await following.end();
  }, 30_000);

  it('outlives refused connections, and ends at once when aborted among them', async () => {
    const { revision } = await put(direct, 'start');
    const following = follow(revision);
    await sleep(50);
    proxy.mode = 'refuse';
    proxy.cutAll();
    await put(direct, 'w/0');
    await sleep(500);
    proxy.mode = 'pass';
    await expect.poll(() => following.changes.length, { timeout: 20_000 }).toBe(1);
    proxy.mode = 'refuse';
    proxy.cutAll();
    await sleep(500);
    await following.end();
  }, 20_000);
});

describe('a commit', () => {
  it('whose answer is lost is `unavailable`, happened, and is not sent again', async () => {
    await put(store, 'warm');
    proxy.mode = 'eat-answers';
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        store.commit({
          guards: [{ key: `once/${n}`, createRevision: 0 }],
          writes: [{ put: `once/${n}`, value: Buffer.from('mine') }],
        }),
      ),
    );
    proxy.mode = 'pass';
    proxy.cutAll();
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    }
    // A blind put would show a second application as a second revision, a guarded one as a false verdict.
    for (let n = 0; n < 20; n++) {
      const entry = await direct.get(`once/${n}`);
      expect(entry?.value.toString()).toBe('mine');
      expect(entry?.modRevision).toBe(entry?.createRevision);
    }
    expect((await store.get('once/0'))?.value.toString()).toBe('mine');
  }, 20_000);

  it('blindly put and lost is applied once', async () => {
    await put(store, 'warm');
    const { revision } = await put(direct, 'start');
    proxy.mode = 'eat-answers';
    await expect(put(store, 'w/blind')).rejects.toMatchObject({ code: 'unavailable' });
    proxy.mode = 'pass';
    proxy.cutAll();
    await sleep(500);
    const entry = await direct.get('w/blind');
    expect(entry?.modRevision).toBe(revision + 1);
    expect(entry?.createRevision).toBe(revision + 1);
  }, 20_000);

  it('cut in the middle is known or `unavailable`, never wrong', async () => {
    const lost: unknown[] = [];
    for (let n = 0; n < 25; n++) {
      const commits = Array.from({ length: 30 }, (_, at) => put(store, `cut/${n}/${at}`, 'mine'));
      const cutting = sleep(n % 5).then(() => proxy.cutAll());
      const outcomes = await Promise.allSettled(commits);
      await cutting;
      for (const [at, outcome] of outcomes.entries()) {
        const entry = await direct.get(`cut/${n}/${at}`);
        if (outcome.status === 'rejected') lost.push(outcome.reason);
        // Told to be done: it is there, at that revision. Lost: written by one application, or by none.
        const revision = outcome.status === 'fulfilled' ? outcome.value.revision : entry?.modRevision;
        expect(entry?.modRevision).toBe(revision);
        expect(entry?.createRevision).toBe(revision);
      }
    }
    expect(lost.map((error) => isDomainError(error, 'unavailable'))).not.toContain(false);
    expect(lost.length).toBeGreaterThan(0);
    await expect
      .poll(
        () =>
          put(store, 'after').then(
            () => 'ok',
            () => 'not yet',
          ),
        { timeout: 20_000 },
      )
      .toBe('ok');
  }, 60_000);

  it('refused for its size disturbs neither the next one nor a read', async () => {
    const value = Buffer.alloc(2 * 1024 * 1024);
    const accepted = proxy.accepted;
    const [big, small, read] = await Promise.allSettled([
      store.commit({ guards: [], writes: [{ put: 'big', value }] }),
      put(store, 'small'),
      store.get('small'),
    ]);
    expect(big).toMatchObject({ status: 'rejected', reason: { code: 'too_large' } });
    expect(small.status).toBe('fulfilled');
    expect(read.status).toBe('fulfilled');
    for (let n = 0; n < 3; n++) await put(store, `small/${n}`);
    expect(proxy.accepted - accepted).toBeLessThanOrEqual(1);
  });

  it('travels with others: 1,000 in far fewer transactions, each with its own verdict', async () => {
    await put(store, 'taken/7');
    const { revision } = await put(store, 'start');
    const before = store.stats;
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) =>
        store.commit({
          guards: [{ key: `taken/${n}`, createRevision: 0 }],
          writes: [{ put: `g/${n}`, value: Buffer.from('x') }],
        }),
      ),
    );
    expect(results.flatMap((result, n) => (result.committed ? [] : [n]))).toEqual([7]);
    expect(store.stats.commits - before.commits).toBe(1_000);
    expect(store.stats.groups - before.groups).toBeLessThanOrEqual(20);
    // etcd itself counts one revision for each transaction.
    const after = (await store.ping(2_000)).revision;
    expect(after - revision).toBe(store.stats.groups - before.groups);
  });

  it('under a dead lease fails alone', async () => {
    const lease = await store.grantLease(60_000);
    await store.revokeLease(lease);
    const [dead, ...others] = await Promise.allSettled([
      store.commit({ guards: [], writes: [{ put: 'leased', value: Buffer.alloc(1), lease }] }),
      ...Array.from({ length: 20 }, (_, n) => put(store, `other/${n}`)),
    ]);
    expect(dead).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
    expect(others.every((outcome) => outcome.status === 'fulfilled')).toBe(true);
  });
});

describe('an etcd that is away', () => {
  it('fails the opening within a bound', async () => {
    const hosts = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
    const began = performance.now();
    await expect(openEtcdStore({ hosts, log })).rejects.toMatchObject({ code: 'unavailable' });
    // Two members, 2 s each at most; far more than that for a busy machine.
    expect(performance.now() - began).toBeLessThan(30_000);
  }, 40_000);

  it('fails the opening within a bound when it accepts and does not answer', async () => {
    proxy.mode = 'stall';
    await expect(openEtcdStore({ hosts: [proxy.host], log })).rejects.toMatchObject({ code: 'unavailable' });
  }, 10_000);

  it('and stopped fails calls within the deadline, and serves again after it goes on', async () => {
    const own = await startEtcd();
    const frozen = await openEtcdStore({ hosts: own.hosts, log });
    const stop = new AbortController();
    try {
      const { revision } = await put(frozen, 'w/0');
      const keys: string[] = [];
      const watching = (async () => {
        for await (const batch of frozen.watch('w/', revision, stop.signal))
          keys.push(...batch.changes.map((c) => c.key));
      })();
      const lease = await frozen.grantLease(60_000);
      own.members[0]?.pause();
      const calls = await Promise.allSettled([
        frozen.get('w/0'),
        frozen.list('w/', { limit: 10 }),
        put(frozen, 'w/1'),
        frozen.renewLease(lease),
        frozen.grantLease(1_000),
        frozen.ping(500),
      ]);
      for (const call of calls) expect(call).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
      own.members[0]?.resume();
      await expect
        .poll(
          () =>
            put(frozen, 'w/2').then(
              () => 'ok',
              () => 'not yet',
            ),
          { timeout: 20_000 },
        )
        .toBe('ok');
      expect(await frozen.renewLease(lease)).toBe(true);
      await expect.poll(() => keys.at(-1), { timeout: 20_000 }).toBe('w/2');
      expect(new Set(keys).size).toBe(keys.length);
      stop.abort();
      await watching;
    } finally {
      stop.abort();
      await frozen.close();
      await own.stop();
    }
  }, 60_000);
});

describe('the version of etcd', () => {
  it('is warned of below the floor', async () => {
    const old = ['2.3.8', '3.4.23', '3.4.45', '3.5.27', '3.6.8', '3.6.0-rc.1'];
    const good = ['3.5.28', '3.6.9', '3.6.10', '3.7.0', '4.0.0'];
    expect(old.filter((version) => !isBelowFloor(version))).toEqual([]);
    expect(good.filter(isBelowFloor)).toEqual([]);
    const status = await store.ping(2_000);
    expect(status.warnings.some((warning) => warning.includes(status.version))).toBe(isBelowFloor(status.version));
  });
});

describe('compaction', () => {
  it('below a watch that has been cut off ends it with `compacted`', async () => {
    const { revision } = await put(direct, 'w/0');
    const watching = (async () => {
      for await (const _ of store.watch('w/', revision, AbortSignal.timeout(20_000)));
    })();
    const outcome = watching.then(
      () => 'ended',
      (error: unknown) => error,
    );
    await sleep(100);
    proxy.mode = 'refuse';
    proxy.cutAll();
    await put(direct, 'w/1');
    const last = await put(direct, 'w/2');
    const client = connect(etcd.hosts[0] ?? '', undefined);
    await client.kv.compact({ revision: String(last.revision), physical: true });
    client.close();
    proxy.mode = 'pass';
    expect(await outcome).toMatchObject({ code: 'compacted' });
  }, 30_000);
});
