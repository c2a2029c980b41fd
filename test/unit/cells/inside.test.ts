import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRuntime } from '../../../cells/executor/fake-runtime.ts';
import { Timelines } from '../../../cells/executor/timeline.ts';
import type { Attempt } from '../../../cells/rep/attempt.ts';
import { Inside } from '../../../cells/rep/inside.ts';
import { systemClock } from '../../../src/platform/clock.ts';

const CLAIM = { guid: 'g', attempt: 'a' };
const WANTED = { path: 'ls', args: ['-l'], env: [], dir: '', user: '', by: 'ada' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gavel-inside-'));
  mkdirSync(join(folder, 'timeline'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function inside(allowExec: boolean, attempt: Partial<Attempt> | undefined) {
  const runtime = new FakeRuntime();
  const log = pino({ level: 'silent' });
  const clock = systemClock();
  const held = attempt === undefined ? undefined : ({ ...CLAIM, ...attempt } as Attempt);
  const timelines = new Timelines(folder, { keepAttempts: 9, keepMs: 9e9 }, clock, log);
  const policy = {
    cellId: 'cell-1',
    allowPrivileged: false,
    defaultNetwork: 'none',
    instanceIp: '',
    hasCertificates: false,
  } as const;
  const made = new Inside({
    rep: { find: () => held, running: () => (held === undefined ? [] : [held]) },
    runtime,
    calls: { fetch: async () => await Promise.resolve({ code: 'not_found', message: '', epoch: '', task: undefined }) },
    timelines,
    policy,
    allowExec,
    clock,
    log,
    leaving: new AbortController().signal,
  });
  return { made, runtime, timelines };
}

describe('a command in a running task', () => {
  it('is refused where the operator has not turned it on, by the name of the setting, and nothing is begun', async () => {
    const { made, runtime, timelines } = inside(false, { phase: 'running', container: 'c' });
    await expect(made.exec(CLAIM, WANTED).next()).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('allowExec'),
    });
    expect(runtime.execs).toEqual([]);
    expect(await timelines.find(CLAIM)).toBeUndefined();
  });

  it.each([
    ['nothing here', undefined],
    ['a container that is not started yet', { phase: 'preparing' as const, container: 'c' }],
    ['a task that the BBS calls ended', { phase: 'running' as const, container: 'c' }],
  ])('needs one that runs, not %s', async (_what, attempt) => {
    const { made, runtime } = inside(true, attempt);
    await expect(made.exec(CLAIM, WANTED).next()).rejects.toMatchObject({ code: 'invalid_transition' });
    expect(runtime.execs).toEqual([]);
  });
});

describe('usage', () => {
  it('leaves out what cannot be measured, and does not measure again for each who asks', async () => {
    const { made, runtime } = inside(true, { phase: 'running', container: 'gone' });
    expect(await Promise.all([made.usages(''), made.usages('a'), made.usages('other')])).toEqual([[], [], []]);
    expect(runtime.calls.usageNow).toBe(1);
  });
});
