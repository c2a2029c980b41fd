import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINE_MAX_BYTES, LineSplitter } from '../../../cells/executor/logs/line-splitter.ts';
import type { LogEndRecord, LogRecord } from '../../../cells/executor/logs/record.ts';
import { Spool } from '../../../cells/executor/logs/spool.ts';
import { Spools } from '../../../cells/executor/logs/spools.ts';
import { systemClock } from '../../../src/platform/clock.ts';

let dir: string;
const log = pino({ level: 'silent' });
const clock = systemClock();
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gavel-spool-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const options = (maxBytes = 1 << 20) => ({ path: join(dir, 'a'), maxBytes, source: 'APP', clock, log });
const never = new AbortController().signal;

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

async function read(spool: Spool, after = 0, follow = true): Promise<(LogRecord | LogEndRecord)[]> {
  const all: (LogRecord | LogEndRecord)[] = [];
  for await (const batch of spool.follow(after, follow, never)) all.push(...batch);
  return all;
}
const texts = (records: readonly (LogRecord | LogEndRecord)[]) =>
  records.map((r) => (r.kind === 'line' ? `${r.sequence}:${r.text.toString()}${r.newline ? '$' : ''}` : r.kind));

describe('lines', () => {
  it('come out the same however the bytes arrive', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 30 })), (raw, cuts) => {
        const bytes = Buffer.from(raw.map((byte) => (byte % 5 === 0 ? 0x0a : byte)));
        const splitter = new LineSplitter();
        const lines = [];
        let at = 0;
        for (const cut of cuts) {
          lines.push(...splitter.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        lines.push(...splitter.push(bytes.subarray(at)), ...splitter.end());
        const back = Buffer.concat(
          lines.flatMap(({ text, newline }) => (newline ? [text, Buffer.from('\n')] : [text])),
        );
        expect(back.equals(bytes)).toBe(true);
        expect(lines.every(({ text }) => !text.includes(0x0a))).toBe(true);
      }),
    );
  });

  it('are cut at their limit, between characters, and lose nothing', () => {
    const splitter = new LineSplitter();
    const text = Buffer.from(`a${'é'.repeat(LINE_MAX_BYTES)}`);
    const lines = [...splitter.push(Buffer.concat([text, Buffer.from('\nnext\n')])), ...splitter.end()];
    expect(lines.at(-1)).toEqual({ text: Buffer.from('next'), newline: true });
    expect(lines.every(({ text }) => text.length <= LINE_MAX_BYTES && !text.toString().includes('\ufffd'))).toBe(true);
    expect(Buffer.concat(lines.slice(0, -1).map(({ text }) => text)).equals(text)).toBe(true);
    expect(lines.filter(({ newline }) => newline)).toHaveLength(2);
  });

  it('of exactly the limit stay whole', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.alloc(LINE_MAX_BYTES, 'x'))).toEqual([]);
    expect(splitter.push(Buffer.from('\n'))).toMatchObject([{ newline: true }]);
  });
});

describe('a spool', () => {
  it('gives a reader what was and what comes, without a seam', async () => {
    const spool = new Spool(options());
    await spool.write('stdout', Buffer.from('one\ntw'));
    const reading = read(spool);
    await new Promise((done) => setTimeout(done, 20));
    await spool.write('stderr', Buffer.from([0xff, 0x00, 0x0a]));
    await spool.write('stdout', Buffer.from('o\nlast'));
    await spool.close();
    const records = await reading;
    expect(texts(records)).toEqual(['1:one$', '2:\ufffd\0$', '3:two$', '4:last', 'end']);
    expect(records[1]).toMatchObject({ stream: 'stderr', source: 'APP', text: Buffer.from([0xff, 0x00]) });
    const stdoutSha256 = sha256('one\ntwo\nlast');
    const digests = { stdoutSha256, stderrSha256: sha256(Buffer.from([0xff, 0x00, 0x0a])) };
    expect(records.at(-1)).toEqual({
      kind: 'end',
      lastSequence: 4,
      stdoutBytes: 12,
      stderrBytes: 3,
      ...digests,
      reason: '',
    });
    expect(texts(await read(spool, 2))).toEqual(['3:two$', '4:last', 'end']);
    const times = records.flatMap((r) => (r.kind === 'line' ? [r.time] : []));
    expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0n))).toBe(true);
  });

  it('tells a reader that does not follow where it is', async () => {
    const spool = new Spool(options());
    await spool.write('stdout', Buffer.from('one\n'));
    await expect.poll(async () => texts(await read(spool, 0, false))).toEqual(['1:one$', 'end']);
    expect((await read(spool, 0, false)).at(-1)).toMatchObject({
      stdoutSha256: '',
      reason: 'the task goes on',
    });
    await spool.close();
  });

  it('is bounded, and says how much it dropped', async () => {
    const spool = new Spool(options(1_000));
    for (let i = 0; i < 100; i += 1) await spool.write('stdout', Buffer.from(`line ${i}\n`));
    spool.say('Exit status 0');
    await spool.close();
    const records = await read(spool);
    // Ours is never what is dropped.
    expect(texts(records).slice(-3)).toEqual(['gap', expect.stringMatching(/^\d+:Exit status 0\$$/), 'end']);
    const gaps = records.filter((r) => r.kind === 'gap');
    const lines = records.filter((r) => r.kind === 'line');
    expect(gaps).toHaveLength(1);
    expect(lines.length + (gaps[0]?.lines ?? 0)).toBe(101);
    expect((await stat(join(dir, 'a.log'))).size).toBeLessThan(1_200);
    expect(records.at(-1)).toMatchObject({ kind: 'end', stdoutBytes: 790 });
  });

  it('survives the death of its writer, but for a torn last record', async () => {
    const first = new Spool(options());
    await first.write('stdout', Buffer.from('one\ntwo\n'));
    await first.detach();
    await appendFile(join(dir, 'a.log'), Buffer.from([50, 0, 0, 0, 1, 2, 3]));
    const second = await Spool.reopen(options());
    second.gap('restarted');
    await second.write('stdout', Buffer.from('three\n'));
    await second.close();
    const records = await read(await Spool.reopen(options()));
    expect(texts(records)).toEqual(['1:one$', '2:two$', 'gap', '3:three$', 'end']);
    expect(records.at(-1)).toMatchObject({ stdoutSha256: sha256('one\ntwo\nthree\n'), stderrSha256: sha256('') });
  });

  it('costs lines, not the task, when the disk does not take them', async () => {
    const spool = new Spool({ ...options(), path: join(dir, 'no', 'such', 'folder') });
    await spool.write('stdout', Buffer.from('one\n'));
    await spool.close();
    const records = await read(spool);
    expect(texts(records)).toEqual(['end']);
    expect(records.at(-1)).toMatchObject({ stdoutSha256: '' });
  });

  it('takes a flood without keeping it in memory', async () => {
    const spool = new Spool(options(2 << 20));
    const piece = Buffer.from('y\n'.repeat(8_192));
    for (let i = 0; i < 8; i += 1) await spool.write('stdout', piece);
    await spool.close();
    const records = await read(spool);
    const gap = records.find((r) => r.kind === 'gap');
    expect(records.filter((r) => r.kind === 'line').length + (gap?.lines ?? 0)).toBe(8 * 8_192);
  });
});

describe('the spools of a cell', () => {
  it('keep the newest finished ones, and every open one', async () => {
    const spools = new Spools(dir, { maxBytes: 1 << 20, keepAttempts: 2, keepMs: 60_000 }, clock, log);
    await spools.load();
    for (const attempt of ['1', '2', '3', '4']) {
      await spools.begin('task', attempt).write('stdout', Buffer.from('x\n'));
      if (attempt !== '1') await spools.finish('task', attempt);
      await new Promise((done) => setTimeout(done, 15));
    }
    await spools.prune();
    expect(await spools.find('task', '2')).toBeUndefined();
    expect((await spools.find('task', '3'))?.ended).toMatchObject({ lastSequence: 1, stdoutBytes: 2, stderrBytes: 0 });
    expect((await spools.find('task', '1'))?.ended).toBeUndefined();
    expect(await readdir(join(dir, 'logs'))).toHaveLength(5);
    await spools.detachAll();
  });

  it('never leave their folder, whatever a task is called', async () => {
    const spools = new Spools(dir, { maxBytes: 1 << 20, keepAttempts: 2, keepMs: 60_000 }, clock, log);
    await spools.load();
    await spools.begin(`../../${'x'.repeat(255)}`, '../../etc').write('stdout', Buffer.from('x\n'));
    await spools.detachAll();
    expect(await readdir(join(dir, 'logs'))).toHaveLength(1);
  });
});
