import { appendFile, mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, Timelines } from '../../../cells/executor/timeline.ts';
import { systemClock } from '../../../src/platform/clock.ts';

describe('what a cell saw', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gavel-timeline-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const open = async () => {
    const timelines = new Timelines(
      folder,
      { keepAttempts: 2, keepMs: 60_000 },
      systemClock(),
      pino({ level: 'silent' }),
    );
    await timelines.load();
    return timelines;
  };
  const id = (attempt: string) => ({ guid: 'g', attempt });

  it('is there while the attempt lasts, after it, and after a restart, in its order', async () => {
    const first = await open();
    first.of(id('a')).note('rep', 'one', 'first', { cause: 'why', data: { n: '1' } });
    first.of(id('a')).note('rep', 'two', 'second');
    expect((await first.find(id('a')))?.map(({ kind }) => kind)).toEqual(['one', 'two']);
    await first.settled();

    const second = await open();
    second.of(id('a')).note('rep', 'three', 'third');
    const events = await second.of(id('a')).events();
    expect(events.map(({ kind }) => kind)).toEqual(['one', 'two', 'three']);
    expect(events[0]).toMatchObject({ component: 'rep', text: 'first', cause: 'why', data: { n: '1' } });
    await second.finish(id('a'));
    expect(await second.find(id('a'))).toHaveLength(3);
    expect(await second.find(id('b'))).toBeUndefined();
  });

  it('survives a torn line', async () => {
    const first = await open();
    first.of(id('a')).note('rep', 'one', 'first');
    await first.finish(id('a'));
    await appendFile(join(folder, 'timeline', 'g.a.jsonl'), '{"t":"1');
    expect(await (await open()).find(id('a'))).toHaveLength(1);
  });

  it('costs no task its life when the disk is gone', async () => {
    const timelines = await open();
    await rm(folder, { recursive: true });
    timelines.of(id('a')).note('rep', 'one', 'first');
    await timelines.settled();
    expect(await timelines.of(id('a')).events()).toHaveLength(1);
  });

  it('goes by count and age', async () => {
    const timelines = await open();
    for (const [index, attempt] of ['a', 'b', 'c', 'd'].entries()) {
      timelines.of(id(attempt)).note('rep', 'one', 'first');
      await timelines.finish(id(attempt));
      const at = Date.now() / 1_000 - 100 + index * 30;
      await utimes(join(folder, 'timeline', `g.${attempt}.jsonl`), at, at);
    }
    await timelines.prune();
    expect(await readdir(join(folder, 'timeline'))).toEqual(['g.c.jsonl', 'g.d.jsonl']);
  });
});

describe('the digest that is kept for ever', () => {
  const event = (n: number, text = 'x') => ({
    time: BigInt(n),
    component: 'rep',
    kind: 'k',
    text,
    cause: '',
    data: {},
  });

  it('is everything when that is little', () => {
    const events = Array.from({ length: 20 }, (_, n) => event(n));
    expect(digestOf(events)).toEqual(events);
  });

  it.each([
    [200, 'x'],
    [70, 'y'.repeat(300)],
    [40, 'ü'.repeat(300)],
  ])('keeps the beginning and the end of %d events, within its bounds', (count, text) => {
    const kept = digestOf(Array.from({ length: count }, (_, n) => event(n, text)));
    expect(kept.length).toBeLessThanOrEqual(60);
    expect(
      JSON.stringify(kept, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).length,
    ).toBeLessThan(9_500);
    expect(kept[0]?.time).toBe(0n);
    expect(kept.at(-1)?.time).toBe(BigInt(count - 1));
    const omitted = kept.find(({ kind }) => kind === 'omitted');
    expect(Number(omitted?.data['events'])).toBe(count - kept.length + 1);
  });
});
