import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { infraFailed } from '../../../cells/executor/ending.ts';
import { Journal } from '../../../cells/executor/journal.ts';
import { Outbox } from '../../../cells/executor/outbox.ts';
import { termsOf } from '../../../cells/executor/terms.ts';
import { runTask } from '../../support/fake-bbs.ts';

let dir: string;
const log = pino({ level: 'silent' });
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gavel-records-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('the outbox', () => {
  const ending = {
    ...infraFailed('x', 'y'),
    exit_code: 3,
    usage: { run_time: '1s', peak_memory_bytes: 0, disk_bytes: 0 },
  };

  it('gives back what was put, until it is removed', async () => {
    const outbox = new Outbox(dir, log);
    await outbox.load();
    const entry = { guid: 'g'.repeat(255), attempt: 'a-1', ending };
    await outbox.put(entry);
    expect(await new Outbox(dir, log).load()).toEqual([entry]);
    await outbox.remove(entry);
    await outbox.remove(entry);
    expect(await outbox.load()).toEqual([]);
  });

  it('leaves alone what it cannot read', async () => {
    const outbox = new Outbox(dir, log);
    await outbox.load();
    await writeFile(join(dir, 'outbox', 'torn.json'), '{"guid":"g","att');
    await writeFile(join(dir, 'outbox', '.half.json.new'), '{');
    expect(await outbox.load()).toEqual([]);
    expect(await readdir(join(dir, 'outbox'))).toContain('torn.json');
  });
});

describe('the journal', () => {
  const task = runTask(
    { SECRET: 'hunter2' },
    { image_password: 'hunter2', max_run_time: '1.5s', stop: { signal: '', grace: '3s' } },
  );
  const entry = {
    guid: 'g',
    uid: 'u',
    attempt: 'a',
    container: 'gavel-u-a',
    phase: 'prepared' as const,
    terms: termsOf(task),
  };

  it('keeps what a restart needs and no secret', async () => {
    const journal = new Journal(dir, log);
    await journal.load();
    await journal.write(entry);
    await journal.write({ ...entry, phase: 'running', startedAt: '1764000000123456789' });
    const [back] = await new Journal(dir, log).load();
    expect(back).toEqual({ ...entry, phase: 'running', startedAt: '1764000000123456789' });
    expect(back?.terms).toMatchObject({ maxRunMs: 1_500, stopSignal: 'SIGTERM', stopGraceMs: 3_000, source: 'APP' });
    const [file = ''] = await readdir(join(dir, 'journal'));
    expect(await readFile(join(dir, 'journal', file), 'utf8')).not.toContain('hunter2');
  });

  it('writes nothing after a removal that was asked for later', async () => {
    const journal = new Journal(dir, log);
    await journal.load();
    await Promise.all([journal.write(entry), journal.write({ ...entry, phase: 'running' }), journal.remove('g', 'a')]);
    expect(await journal.load()).toEqual([]);
  });

  it('tells the writer when it cannot', async () => {
    await expect(new Journal(join(dir, 'none'), log).write(entry)).rejects.toThrow('ENOENT');
  });
});
