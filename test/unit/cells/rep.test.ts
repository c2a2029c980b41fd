import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { FakeRuntime } from '../../../cells/executor/fake-runtime.ts';
import { Gate } from '../../../cells/executor/gate.ts';
import { Batcher } from '../../../cells/rep/batcher.ts';
import { Health, shortOf } from '../../../cells/rep/health.ts';
import { type LocalAttempt, type Phase, plan } from '../../../cells/rep/plan.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import type { TaskState } from '../../../src/domain/task.ts';

describe('what to do so that cell and BBS agree', () => {
  const local = (phase: Phase, epoch = '7', ageMs = 0): LocalAttempt => ({
    guid: 'g',
    attempt: 'a',
    phase,
    epoch,
    ageMs,
  });
  const listed = (state: TaskState, epoch = '7') => ({ guid: 'g', attempt: 'a', state, epoch });
  const does = (mine: LocalAttempt | undefined, theirs?: ReturnType<typeof listed>) =>
    plan('7', mine === undefined ? [] : [mine], theirs === undefined ? [] : [theirs]).map((step) => step.does);

  it.each<[string, LocalAttempt | undefined, ReturnType<typeof listed> | undefined, string[]]>([
    ['nothing anywhere', undefined, undefined, []],
    ['a claim nobody told us of', undefined, listed('CLAIMED'), ['take']],
    ['a claim of an earlier epoch', undefined, listed('CLAIMED', '6'), []],
    ['running there, nothing here', undefined, listed('RUNNING'), ['fail-missing']],
    ['running in both', local('running'), listed('RUNNING'), []],
    ['running in both, from before', local('running', '6'), listed('RUNNING', '6'), ['adopt']],
    ['running here, ended there', local('running'), listed('COMPLETED'), ['end']],
    ['running here, not listed, just now', local('running', '7', 500), undefined, []],
    ['running here, not listed, for long', local('running', '7', 20_000), undefined, ['verify']],
    ['preparing under the present epoch', local('preparing'), listed('CLAIMED'), []],
    ['preparing for a claim of before', local('preparing', '6'), listed('CLAIMED', '6'), ['give-up']],
    ['asking for the start', local('starting', '6'), listed('RUNNING', '6'), []],
    ['found running', local('found-process', ''), undefined, ['adopt']],
    ['found created, never started', local('found-created', ''), listed('RUNNING', '6'), ['fail-unstarted']],
    ['found created, claim gone', local('found-created', ''), listed('CLAIMED', '6'), ['discard']],
    ['reporting', local('reporting', '6', 90_000), listed('RUNNING', '6'), []],
    ['removing', local('removing'), undefined, []],
  ])('%s', (_name, mine, theirs, want) => {
    expect(does(mine, theirs)).toEqual(want);
  });
});

describe('batches', () => {
  it('go at once when idle, and together when not', async () => {
    const sent: number[][] = [];
    const batcher = new Batcher<number, number>(async (items) => {
      sent.push([...items]);
      await sleep(5);
      return items.map((item) => item * 2);
    }, 3);
    const first = batcher.call(1);
    await sleep(1);
    const rest = [2, 3, 4, 5].map(async (item) => await batcher.call(item));
    expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8, 10]);
    expect(sent).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('let one bad item fail alone', async () => {
    const batcher = new Batcher<number, number>(async (items) => {
      await Promise.resolve();
      if (items.includes(2)) throw new DomainError('invalid_argument', 'two');
      return [...items];
    });
    const results = await Promise.allSettled([1, 2, 3].map(async (item) => await batcher.call(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail as one when the other side is away', async () => {
    let calls = 0;
    const batcher = new Batcher<number, number>(async () => {
      calls += 1;
      await Promise.resolve();
      throw new DomainError('unavailable', 'away');
    });
    const results = await Promise.allSettled([1, 2, 3].map(async (item) => await batcher.call(item)));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toBe(1);
  });
});

describe('the gate', () => {
  it('lets so many in, the front of the line first', async () => {
    const gate = new Gate(2);
    const order: string[] = [];
    let inside = 0;
    let most = 0;
    const pass = async (name: string, place?: 'front') =>
      await gate.through(async () => {
        inside += 1;
        most = Math.max(most, inside);
        order.push(name);
        await sleep(2);
        inside -= 1;
      }, place);
    await Promise.all([pass('a'), pass('b'), pass('c'), pass('d'), pass('e', 'front')]);
    expect(order).toEqual(['a', 'b', 'e', 'c', 'd']);
    expect(most).toBe(2);
  });
});

describe('health', () => {
  it('ends before the last byte or inode of the state folder is gone', () => {
    const room = { bavail: 8_192, bsize: 4_096, files: 100_000, ffree: 1_000 };
    expect(shortOf(room)).toBe('');
    expect(shortOf({ ...room, bavail: 8_191 })).toMatch(/^no space: .*MB/);
    expect(shortOf({ ...room, ffree: 999 })).toBe('no space: 999 inodes free of 1000 that a cell needs');
    // Where they are made as they are needed there are none to count.
    expect(shortOf({ ...room, files: 0, ffree: 0 })).toBe('');
  });

  it('tells when the engine goes and comes back', async () => {
    const runtime = new FakeRuntime();
    const health = new Health(runtime, await runtime.info(), '/tmp', pino({ level: 'silent' }), () => undefined);
    health.start(5);
    runtime.setAway(true);
    await expect.poll(() => health.trouble).toContain('container engine: the container engine cannot be reached');
    runtime.setAway(false);
    await expect.poll(() => health.trouble).toBe('');
    health.stop();
  });
});
