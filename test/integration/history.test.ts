import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DomainBook } from '../../bbs/domains.ts';
import { Archive, DEFAULT_HISTORY, type HistoryPolicy } from '../../bbs/history/archive.ts';
import { History, historyWrites } from '../../bbs/history/history.ts';
import { Pins } from '../../bbs/history/pins.ts';
import { PREFIX } from '../../bbs/keys.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { openEtcdStore } from '../../bbs/store/etcd.ts';
import type { Commit, Store } from '../../bbs/store/store.ts';
import { cellEventsWrites } from '../../bbs/timeline.ts';
import { View } from '../../bbs/view.ts';
import { isDomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { sampleTask } from '../support/sample-task.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;
const DAY_NANOS = 24n * 3_600_000_000_000n;
/** Everything there is. */
const ALL = { recentMost: 0, settledMs: 0 };

describe.each(['embedded', 'etcd'] as const)('history on the %s store', (kind) => {
  let etcd: TestEtcd | undefined;
  let folder: string;
  let store: Store;
  let view: View;
  let history: History;
  let run = 0;

  beforeAll(async () => {
    if (kind === 'etcd') etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());
  beforeEach(async () => {
    run += 1;
    folder = mkdtempSync(join(tmpdir(), 'gavel-history-'));
    store =
      etcd === undefined
        ? await openEmbeddedStore({ path: folder })
        : await openEtcdStore({ hosts: etcd.hosts, prefix: `/history-${run}/`, log });
    view = new View(store, log);
    await view.open();
    history = new History(store, view);
  });
  afterEach(async () => {
    await view.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function finish(over: Partial<Task> & { number: number }, ageDays = 0n, on: Store = store): Promise<void> {
    const task = sampleTask({ task_guid: `g-${over.number}`, uid: `u-${over.number}`, ...over });
    const now = systemClock().nowNanos() - ageDays * DAY_NANOS;
    const { revision } = await on.commit({
      guards: [],
      writes: historyWrites(task, now, 'client', undefined, undefined),
    });
    await view.reached(revision);
  }

  const archive = (policy: Partial<HistoryPolicy> = {}, on: Store = store) =>
    new Archive({ store: on, view, clock: systemClock(), log, policy: { ...DEFAULT_HISTORY, ...policy } });

  async function keys(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (let after = ''; ; ) {
      const page = await store.list(prefix, { limit: 1_000, keysOnly: true, ...(after === '' ? {} : { after }) });
      found.push(...page.entries.map(({ key }) => key));
      if (!page.more) return found;
      after = found.at(-1) ?? '';
    }
  }

  async function listed(from: History, pageSize: number, domain = ''): Promise<number[]> {
    const numbers: number[] = [];
    let token = '';
    do {
      const page = await from.list(pageSize, token, domain === '' ? undefined : new Set([domain]));
      expect(page.records.length).toBeLessThanOrEqual(pageSize);
      numbers.push(...page.records.map(({ record }) => record.number));
      token = page.next;
    } while (token !== '');
    return numbers;
  }

  const falling = (numbers: number[]) => numbers.toSorted((a, b) => b - a);

  it('answers the same before and after records are archived, on every BBS, stragglers and large ones too', async () => {
    // Three buckets, with gaps, out of order; one life of the guid "twice" in the first bucket and one in the last.
    const numbers = [5, 1, 2, 127, 128, 130, 260, 300, 301];
    const large = 'x'.repeat(9_000) + Array.from({ length: 3_000 }, () => Math.random().toString(36)).join('');
    for (const number of numbers)
      await finish({
        number,
        domain: number % 2 === 0 ? 'even' : 'odd',
        ...(number === 2 || number === 300 ? { task_guid: 'twice' } : {}),
        ...(number === 130 ? { annotation: large } : {}),
      });
    const check = async (from: History, all: number[]) => {
      expect(await listed(from, 2)).toEqual(falling(all));
      expect(await listed(from, 1_000)).toEqual(falling(all));
      expect(await listed(from, 3, 'even')).toEqual(falling(all.filter((number) => number % 2 === 0)));
      expect(await listed(from, 3, 'nobody')).toEqual([]);
      for (const number of all) expect((await from.get(String(number), undefined))?.record.uid).toBe(`u-${number}`);
      expect((await from.get('g-5', undefined))?.record.number).toBe(5);
      expect((await from.get('twice', undefined))?.record.number).toBe(300);
      // Of whoever may see one domain only: theirs, and of a guid with several lives the newest of theirs.
      expect((await from.get('130', new Set(['odd'])))?.record.number).toBeUndefined();
      expect((await from.get('g-5', new Set(['odd'])))?.record.number).toBe(5);
      expect((await from.get('g-5', new Set(['even'])))?.record.number).toBeUndefined();
      expect((await from.get('130', undefined))?.task.annotation).toBe(large);
      expect(await from.get('4', undefined)).toBeUndefined();
      expect(await from.get('g-4', undefined)).toBeUndefined();
    };
    await check(history, numbers);
    expect(await archive().fill(never)).toBe(0);
    expect(await archive().fill(never, ALL)).toBe(numbers.length);
    expect(await keys(PREFIX.history)).toEqual([]);
    expect(await keys(PREFIX.archive)).toHaveLength(3);
    await check(history, numbers);

    await finish({ number: 129 });
    const withStraggler = [...numbers, 129];
    await check(history, withStraggler);
    expect(await archive().fill(never, ALL)).toBe(1);
    await check(history, withStraggler);

    const second = new View(store, log);
    await second.open();
    await check(new History(store, second), withStraggler);
    await second.close();
  });

  it('archives the fullest buckets first until few enough are left, and what is settled', async () => {
    for (const number of [1, 2, 3, 200, 201, 400]) await finish({ number });
    const deps = { recentMost: 3, settledMs: 60_000 };
    expect(await archive().fill(never, deps)).toBe(3);
    expect((await keys(PREFIX.history)).map((key) => Number(key.split('/')[1]))).toEqual([200, 201, 400]);
    // What went is counted until the watch has brought it.
    await expect.poll(() => view.history.recentCount).toBe(3);
    expect(await archive().fill(never, deps)).toBe(0);
    expect(await archive().fill(never, { ...deps, settledMs: 0 })).toBe(3);
  });

  it('changes an archived record, which is archived once more', async () => {
    for (const number of [1, 2]) await finish({ number });
    await archive().fill(never, ALL);
    const delivery = { url: 'http://x/', state: 'dead', attempts: 1, last_status: 500, last_error: '' } as const;
    await view.reached((await history.amend(1, (record) => ({ ...record, delivery }))) ?? 0);
    expect(await history.amend(3, (record) => record)).toBeUndefined();
    expect((await history.get('1', undefined))?.record.delivery).toEqual(delivery);
    expect(await listed(history, 10)).toEqual([2, 1]);
    expect(await archive().fill(never, ALL)).toBe(1);
    expect((await history.get('g-1', undefined))?.record.delivery).toEqual(delivery);
    expect((await history.get('g-2', undefined))?.record.delivery).toBeUndefined();
    expect(await keys(PREFIX.history)).toEqual([]);
  });

  it('takes what cells told into the archived record', async () => {
    const tell = async (number: number, attempt: string) => {
      const writes = cellEventsWrites('c', attempt, [{ t: '1', c: 'rep', k: 'started', x: '' }], 'end');
      await store.commit({ guards: [], writes: writes({ number, rejection_count: 0 }) });
    };
    for (const number of [1, 12]) await finish({ number });
    // Of a task that still lives, in the same bucket.
    for (const number of [1, 12, 12, 13]) await tell(number, `a-${number}`);
    await tell(12, 'b-12');
    await archive().fill(never, ALL);
    expect(await keys(PREFIX.events)).toEqual(['events/0000000000000013/a-13']);
    await tell(12, 'c-12');
    await view.reached((await history.amend(12, (record) => record)) ?? 0);
    await archive().fill(never, ALL);
    const attempts = (await history.get('12', undefined))?.record.events?.map(({ attempt }) => attempt);
    expect(attempts).toEqual(['a-12', 'b-12', 'c-12']);
  });

  it('drops the oldest buckets by age, count and size, with all that belongs to them', async () => {
    const big = () => Array.from({ length: 2_000 }, () => Math.random().toString(36)).join('');
    for (const number of [1, 2]) await finish({ number, annotation: big() }, 3n);
    for (const number of [128, 129]) await finish({ number }, 2n);
    // An old number that ended late is as young as its end.
    await finish({ number: 256 }, 2n);
    await finish({ number: 257 });
    for (const number of [400, 401]) await finish({ number });
    const keepMs = 36 * 3_600_000;
    expect(await archive({ keepMs }).prune(never)).toBe(0);
    await archive().fill(never, ALL);
    expect(await archive().prune(never)).toBe(0);
    expect(await keys(PREFIX.archiveApart)).toHaveLength(2);

    expect(await archive({ keepBytes: 20_000 }).prune(never)).toBe(2);
    expect(await keys(PREFIX.archiveApart)).toEqual([]);
    expect(await archive({ keepMs }).prune(never)).toBe(2);
    expect(await listed(history, 10)).toEqual([401, 400, 257, 256]);
    expect(await archive({ keepCount: 3 }).prune(never)).toBe(0);
    expect(await archive({ keepCount: 2 }).prune(never)).toBe(2);
    expect(await listed(history, 10)).toEqual([401, 400]);
    expect(await history.get('256', undefined)).toBeUndefined();
    expect(await keys(PREFIX.archive)).toHaveLength(1);
    expect(await keys(PREFIX.archiveSummary)).toHaveLength(1);
  });

  it('keeps what is pinned whatever the limits say, and drops it once it is not', async () => {
    for (const number of [1, 2, 3]) await finish({ number, annotation: 'x'.repeat(number === 3 ? 20_000 : 1) }, 3n);
    for (const number of [128, 129]) await finish({ number });
    const pins = new Pins(store);
    for (const number of [2, 3]) await pins.set(number, true, 'ada', 0);
    await archive().fill(never, ALL);
    const keepMs = 36 * 3_600_000;
    expect(await archive({ keepMs }).prune(never)).toBe(1);
    expect(await listed(history, 10)).toEqual([129, 128, 3, 2]);
    expect((await history.get('3', undefined))?.task.annotation).toHaveLength(20_000);
    expect(await archive({ keepMs }).prune(never)).toBe(0);
    // What is pinned takes no place of others.
    expect(await archive({ keepCount: 2 }).prune(never)).toBe(0);
    await pins.set(2, false, 'ada', 0);
    expect(await archive({ keepMs }).prune(never)).toBe(1);
    expect(await listed(history, 10)).toEqual([129, 128, 3]);
    await pins.set(3, false, 'ada', 0);
    expect(await archive({ keepMs }).prune(never)).toBe(1);
    expect(await keys(PREFIX.archiveApart)).toEqual([]);
  });

  it('keeps the records of a domain for as long as was set for it, shorter or longer than those of others', async () => {
    const clock = systemClock();
    const book = new DomainBook({ store, view, clock, keepMs: DEFAULT_HISTORY.keepMs });
    const day = 24 * 3_600_000;
    await book.set('short', { retentionMs: 2 * day }, 'ada');
    await book.set('long', { retentionMs: 90 * day }, 'ada');
    const names = ['short', 'long', 'plain'] as const;
    // One bucket of each age: all domains in each.
    for (const [bucket, age] of [1n, 5n, 40n, 100n].entries())
      for (const [at, domain] of names.entries()) await finish({ number: 128 * (bucket + 1) + at, domain }, age);
    await new Pins(store).set(128 * 2, true, 'ada', 0);
    const keeper = archive();
    await keeper.fill(never, ALL);
    const reads: string[] = [];
    const [read, of] = [store.get.bind(store), (domain: string) => listed(history, 100, domain)];
    store.get = async (key) => {
      reads.push(key);
      return await read(key);
    };
    // 40 days: short and plain; 100 days: the whole bucket; 5 days: short, but it is pinned.
    expect(await keeper.prune(never)).toBe(5);
    expect(await of('short')).toEqual([256, 128]);
    expect(await of('long')).toEqual([385, 257, 129]);
    expect(await of('plain')).toEqual([258, 130]);
    // What was gone through is not read again, turn by turn.
    await keeper.prune(never);
    reads.length = 0;
    expect(await keeper.prune(never)).toBe(0);
    expect(reads.filter((key) => key.startsWith(PREFIX.archive))).toEqual([]);
    store.get = read;
    await book.set('long', { retentionMs: 0 }, 'ada');
    expect(await archive().prune(never)).toBe(1);
    expect(await of('long')).toEqual([257, 129]);
    book.close();
  });

  it('is purged of single old records, in blocks or not yet, with what belongs to them', async () => {
    for (const number of [1, 2]) await finish({ number, domain: 'ci' }, 9n);
    await finish({ number: 3 }, 9n);
    await finish({ number: 4 });
    const told = cellEventsWrites('c', 'a', [{ t: '1', c: 'rep', k: 'started', x: '' }], 'end');
    await archive().fill(never, ALL);
    for (const number of [5, 6]) await finish({ number }, 9n);
    await store.commit({ guards: [], writes: told({ number: 5, rejection_count: 0 }) });
    await new Pins(store).set(6, true, 'ada', 0);
    const beforeNanos = systemClock().nowNanos() - 2n * DAY_NANOS;
    const purge = async (domain: string, dryRun: boolean) =>
      await archive().purge({ beforeNanos, within: domain === '' ? undefined : new Set([domain]), dryRun }, never);
    expect(await purge('', true)).toEqual({ records: 4, pinned: 1 });
    expect(await listed(history, 10)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(await purge('ci', false)).toEqual({ records: 2, pinned: 0 });
    expect(await listed(history, 10)).toEqual([6, 5, 4, 3]);
    expect(await Promise.all([purge('', false), purge('', false)])).toContainEqual({ records: 2, pinned: 1 });
    expect(await listed(history, 10)).toEqual([6, 4]);
    expect(await keys(PREFIX.events)).toEqual([]);
    expect(await purge('', false)).toEqual({ records: 0, pinned: 1 });
  });

  it('purged while it is archived: of what is old nothing stays in the end, of what is not all of it, each once', async () => {
    const young: number[] = [];
    const beforeNanos = systemClock().nowNanos() - 2n * DAY_NANOS;
    const purge = async () => await archive().purge({ beforeNanos, within: undefined, dryRun: false }, never);
    for (let round = 1; round <= 3; round += 1) {
      const numbers = Array.from({ length: 40 }, (_, at) => 1_280 * round + 108 + at);
      await Promise.all(numbers.map(async (number) => await finish({ number }, number % 2 === 0 ? 9n : 0n)));
      young.push(...numbers.filter((number) => number % 2 === 1));
      // Either may find that the other was faster, and says so.
      const both = [archive().fill(never, ALL), purge(), archive().fill(never, ALL), purge()];
      for (const result of await Promise.allSettled(both))
        if (result.status === 'rejected') expect(isDomainError(result.reason)).toBe(true);
      const seen = await listed(history, 200);
      expect(seen.filter((number) => number % 2 === 1)).toEqual(falling(young));
      expect(new Set(seen).size).toBe(seen.length);
    }
    await archive().fill(never, ALL);
    await purge();
    expect(await listed(history, 200)).toEqual(falling(young));
  });

  it('loses and doubles nothing when archiving breaks off anywhere, or two do it at once', async () => {
    const numbers: number[] = [];
    // Over two buckets: a block and one group of deletions, then a block and two groups.
    for (let commits = 0; commits < 5; commits += 1) {
      const fresh = Array.from({ length: 60 }, (_, at) => 1_280 * (commits + 1) + 108 + at);
      await Promise.all(fresh.map(async (number) => await finish({ number })));
      numbers.push(...fresh);
      let left = commits;
      const breaking: Store = new Proxy(store, {
        get: (target, name) => {
          if (name !== 'commit') return Reflect.get(target, name).bind(target);
          return async (commit: Commit) => {
            left -= 1;
            if (left < 0) throw new Error('the process died');
            return await target.commit(commit);
          };
        },
      });
      await expect(archive({}, breaking).fill(never, ALL)).rejects.toThrow('died');
      expect(await listed(history, 70)).toEqual(falling(numbers));
    }
    await Promise.all([archive().fill(never, ALL), archive().fill(never, ALL)]);
    await archive().fill(never, ALL);
    expect(await listed(history, 70)).toEqual(falling(numbers));
    expect(await keys(PREFIX.history)).toEqual([]);
  });
});
