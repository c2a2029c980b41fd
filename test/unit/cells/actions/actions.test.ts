import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StepResult, StopRequest } from '../../../../cells/executor/actions/step.ts';
import { formatBytes } from '../../../../cells/executor/transfers/bytes.ts';
import type { Action } from '../../../../src/domain/action.ts';
import { FakeWorld, runOf, script } from './fake-context.ts';

const list = (...actions: readonly Action[]) => ({ actions, log_source: '' });
const serial = (...actions: readonly Action[]): Action => ({ serial: list(...actions) });
const parallel = (...actions: readonly Action[]): Action => ({ parallel: list(...actions) });
const codependent = (...actions: readonly Action[]): Action => ({ codependent: list(...actions) });
const tried = (action: Action): Action => ({ try: { action, log_source: '' } });
const timeout = (timeout_ms: number, action: Action): Action => ({ timeout: { action, timeout_ms, log_source: '' } });
const progress = (action: Action, over = {}): Action => ({
  emit_progress: {
    action,
    start_message: 'go',
    success_message: 'well',
    failure_message_prefix: 'bad',
    log_source: '',
    ...over,
  },
});
const download = (over = {}): Action => ({
  download: {
    artifact: 'X',
    from: 'http://host/x.tgz',
    to: '/to',
    cache_key: '',
    log_source: '',
    user: 'vcap',
    checksum_algorithm: '',
    checksum_value: '',
    ...over,
  },
});
const upload = (over = {}): Action => ({
  upload: { artifact: 'X', from: '/from', to: 'http://host/x', log_source: '', user: 'vcap', ...over },
});

let world: FakeWorld;
beforeEach(() => {
  vi.useFakeTimers();
  world = new FakeWorld();
});
afterEach(() => vi.useRealTimers());

/** Runs it to its end on a clock of our own; `cancelAt` cancels it then. */
async function ends(action: Action, options: { cancelAt?: number; graceMs?: number } = {}): Promise<StepResult> {
  const cancel = new AbortController();
  const { cancelAt, graceMs = world.graceMs } = options;
  if (cancelAt !== undefined) setTimeout(() => cancel.abort(new StopRequest(graceMs)), cancelAt);
  if (cancelAt === 0) cancel.abort(new StopRequest(graceMs));
  const result = world.run(action, cancel.signal);
  await vi.advanceTimersByTimeAsync(10_000_000);
  return await result;
}

const reason = (result: StepResult) => (result.kind === 'failed' ? result.text : result.kind);

describe('run', () => {
  it('succeeds with its exit', async () => {
    expect(await ends(script('ms=5'))).toEqual({
      kind: 'succeeded',
      exit: { exitCode: 0, oomKilled: false, error: '' },
    });
    expect(world.lines).toEqual(['APP: Exit status 0']);
  });

  it.each<[string, string, string, string]>([
    ['exit=3', 'APP: Exited with status 3', 'exit', 'Exit status 3'],
    ['oom=1', 'APP: Exited with status 137 (out of memory)', 'oom', 'Exit status 137 (out of memory)'],
    ['exit=127 error=not-found:no-such-file', 'APP: not-found:no-such-file', 'command_failed', 'Exit status 127'],
  ])('%s', async (what, text, code, line) => {
    const result = await ends(script(what));
    expect(result).toMatchObject({ kind: 'failed', text });
    if (code !== 'command_failed') expect(result).toMatchObject({ code });
    expect(world.lines).toEqual([`APP: ${line}`]);
  });

  it('tells when the process cannot be made', async () => {
    expect(await ends(script('refuse=away'))).toMatchObject({ kind: 'failed', text: 'away', infra: true });
    expect(world.lines).toEqual(['APP: failed-creating-process: away']);
  });

  it('says nothing when its output is suppressed, and speaks in its own name', async () => {
    await ends({ run: runOf('', { suppress_log_output: true }) });
    expect(world.lines).toEqual([]);
    expect(reason(await ends({ run: runOf('exit=1', { log_source: 'OWN' }) }))).toBe('OWN: Exited with status 1');
    expect(world.lines).toEqual(['OWN: Exit status 1']);
  });

  it('is not begun when it is cancelled before', async () => {
    expect((await ends(script(''), { cancelAt: 0 })).kind).toBe('cancelled');
    expect(world.started).toEqual([]);
  });

  it('gets its signal, and is cancelled whatever its exit says', async () => {
    world.stopSignal = 'SIGINT';
    expect(await ends(script('ms=60000 polite=1'), { cancelAt: 10 })).toMatchObject({
      kind: 'cancelled',
      exit: { exitCode: 0 },
    });
    expect(world.signals).toEqual(['SIGINT']);
    expect(world.lines).toEqual(['APP: Exit status 0']);
  });

  it('is killed after its grace, and says so', async () => {
    expect((await ends(script('ms=1e9 term=ignore'), { cancelAt: 10, graceMs: 10_000 })).kind).toBe('cancelled');
    expect(world.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(world.lines).toEqual(['APP: Exit status 137 (exceeded 10s graceful shutdown interval)']);
  });

  it('is killed at once when there is no grace any more', async () => {
    setTimeout(() => world.hard.abort(), 20);
    const at = Date.now();
    const result = world.run(script('ms=1e9 term=ignore'), AbortSignal.abort(new StopRequest(1e9)));
    expect((await result).kind).toBe('cancelled');
    const cancel = new AbortController();
    const later = world.run(script('ms=1e9 term=ignore'), cancel.signal);
    await vi.advanceTimersByTimeAsync(10);
    cancel.abort(new StopRequest(1e9));
    await vi.advanceTimersByTimeAsync(15);
    expect((await later).kind).toBe('cancelled');
    expect(Date.now() - at).toBeLessThan(100);
  });

  it('does not wait for ever for a process that cannot be killed', async () => {
    expect(await ends(script('ms=1e9 term=ignore kill=ignore'), { cancelAt: 10 })).toMatchObject({
      kind: 'failed',
      text: 'process did not exit',
      code: 'process_stuck',
    });
  });
});

describe('serial', () => {
  it('runs in order and stops at the first failure, whose text it keeps', async () => {
    expect(reason(await ends(serial(script('n=1 ms=9'), script('n=2 exit=2'), script('n=3'))))).toBe(
      'APP: Exited with status 2',
    );
    expect(world.started).toEqual(['APP n=1 ms=9', 'APP n=2 exit=2']);
  });

  it('ends between two steps where it is to stop at a checkpoint', async () => {
    const begun = ends(serial(script('n=1 ms=20'), script('n=2')));
    world.checkpoint = true;
    expect(await begun).toMatchObject({ kind: 'cancelled', atCheckpoint: true });
    expect(world.started.length).toBeLessThan(2);
    expect(world.signals).toEqual([]);
  });

  it('skips the rest when it is cancelled, also behind a try', async () => {
    expect((await ends(serial(tried(script('ms=1000')), script('')), { cancelAt: 10 })).kind).toBe('cancelled');
    expect(world.started).toHaveLength(1);
  });
});

describe('parallel', () => {
  it('runs all to their end and joins what they say', async () => {
    const result = await ends(parallel(script('ms=50'), script('exit=1'), script('ms=20 exit=2')));
    expect(reason(result)).toBe('APP: Exited with status 1; APP: Exited with status 2');
    expect(world.lines).toHaveLength(3);
    expect((await ends(parallel(script('ms=5'), script('')))).kind).toBe('succeeded');
  });

  it('is cancelled, never a success, when all its children were cancelled', async () => {
    expect((await ends(parallel(script('ms=1000 polite=1'), script('ms=2000')), { cancelAt: 1 })).kind).toBe(
      'cancelled',
    );
  });
});

describe('codependent', () => {
  it('ends the others with the first, and fails also when that was clean', async () => {
    expect(await ends(codependent(script('ms=1000'), script('ms=5')))).toMatchObject({
      kind: 'failed',
      text: 'Codependent step exited',
      code: 'codependent_exited',
    });
    expect(world.signals).toEqual(['SIGTERM']);
  });

  it('tells why the first failed, and nothing of those it cancelled', async () => {
    expect(reason(await ends(codependent(script('ms=1000'), script('ms=5 exit=7'))))).toBe('APP: Exited with status 7');
  });

  it('is cancelled from outside', async () => {
    expect((await ends(codependent(script('ms=1000'), script('ms=1000')), { cancelAt: 5 })).kind).toBe('cancelled');
  });
});

describe('try', () => {
  it('succeeds', async () => {
    expect(await ends(tried(script('exit=1')))).toEqual({ kind: 'succeeded' });
    expect(await ends(tried(script('ms=100')), { cancelAt: 5 })).toEqual({ kind: 'succeeded' });
  });
});

describe('timeout', () => {
  it('lets its action be when that is in time', async () => {
    expect((await ends(timeout(500, script('ms=100')))).kind).toBe('succeeded');
    expect(reason(await ends(timeout(500, script('ms=100 exit=4'))))).toBe('APP: Exited with status 4');
  });

  it.each<[number, string, string]>([
    [500, 'ms=1e9', 'exceeded 500ms timeout'],
    [90_000, 'ms=1e9 polite=1', 'exceeded 1m30s timeout'],
    [3_600_000, 'ms=1e9 term=ignore', 'exceeded 1h0m0s timeout'],
  ])('%i ms around %s', async (ms, what, text) => {
    expect(await ends(timeout(ms, script(what)))).toMatchObject({ kind: 'failed', text, code: 'timed_out' });
  });

  it('adds what its action has to say', async () => {
    world.downloadMs = 0;
    const inner = parallel(script('exit=1'), script('ms=1e9'));
    expect(reason(await ends(timeout(500, inner)))).toBe('exceeded 500ms timeout; APP: Exited with status 1');
    expect(reason(await ends(timeout(500, timeout(100, script('ms=1e9 term=ignore')))))).toBe(
      'exceeded 500ms timeout; exceeded 100ms timeout',
    );
  });

  it('counts the wait for a place in line', async () => {
    await world.slots.download.take(new AbortController().signal);
    expect(reason(await ends(timeout(500, download())))).toBe('exceeded 500ms timeout');
  });

  it('is cancelled when the order came first, however long the end takes', async () => {
    expect((await ends(timeout(500, script('ms=1e9 term=ignore')), { cancelAt: 100 })).kind).toBe('cancelled');
  });
});

describe('emit_progress', () => {
  it('tells begin and success', async () => {
    expect((await ends(progress(script('')))).kind).toBe('succeeded');
    expect(world.lines).toEqual(['APP: go', 'APP: Exit status 0', 'APP: well']);
  });

  it('tells a failure with its text, and only with a prefix', async () => {
    await ends(progress(script('exit=1')));
    expect(world.lines.at(-1)).toBe('APP: bad: APP: Exited with status 1');
    await ends(progress(script('refuse=no')));
    expect(world.lines.at(-1)).toBe('APP: bad');
    world.lines.length = 0;
    await ends(progress(script('exit=1'), { failure_message_prefix: '', start_message: '' }));
    expect(world.lines).toEqual(['APP: Exit status 1']);
  });
});

describe('download', () => {
  it('tells what it does and unpacks for its user', async () => {
    expect((await ends(download({ log_source: 'DL' }))).kind).toBe('succeeded');
    expect(world.lines).toEqual(['DL: Downloading X...', 'DL: Downloaded X (12.3M)']);
    expect(world.unpacked).toEqual(['http://host/x.tgz /to vcap']);
    expect(world.released).toHaveLength(1);
    world.cached = true;
    await ends(download());
    expect(world.lines.at(-1)).toBe('APP: Downloaded X');
  });

  it('says nothing without an artifact but that it failed', async () => {
    await ends(download({ artifact: '' }));
    expect(world.lines).toEqual([]);
    world.failDownload = new Error('Download failed: Status code 404');
    const text = 'Downloading failed: Download failed: Status code 404';
    expect(await ends(download({ artifact: '' }))).toMatchObject({ kind: 'failed', text, shown: text });
    expect(world.lines).toEqual([`APP: ${text}`]);
  });

  it('tells a failed copy, cut in the log', async () => {
    world.failUnpack = new Error('y'.repeat(2_000));
    const result = await ends(download());
    expect(reason(result)).toMatch(/^Copying X into the container failed: yyy/);
    expect(world.lines.at(-1)).toMatch(/ \(error truncated\)$/);
    expect(world.released).toHaveLength(1);
  });

  it('is cancelled while it waits for a place, and while it runs', async () => {
    const leave = await world.slots.download.take(new AbortController().signal);
    expect((await ends(download(), { cancelAt: 50 })).kind).toBe('cancelled');
    leave();
    world.downloadMs = 60_000;
    expect((await ends(download(), { cancelAt: 50 })).kind).toBe('cancelled');
    world.downloadMs = 0;
    expect((await ends(download())).kind).toBe('succeeded');
  });
});

describe('upload', () => {
  it('takes out and posts', async () => {
    expect((await ends(upload())).kind).toBe('succeeded');
    expect(world.uploaded).toEqual(['/from http://host/x']);
    expect(world.lines).toEqual(['APP: Uploading X...', 'APP: Uploaded X (12.3M)']);
    expect(world.released).toEqual(['/from']);
  });

  it("fails in Diego's words", async () => {
    expect(reason(await ends(upload({ to: 'no url' })))).toBe('Failed to parse URL');
    expect(world.lines.at(-1)).toBe('APP: Failed to parse URL for X');
    world.failUpload = new Error('Upload failed: Status code 500');
    expect(reason(await ends(upload()))).toBe('Upload failed: Status code 500');
    expect(world.lines.at(-1)).toBe('APP: Failed to upload payload for X');
    world.failTakeOut = new Error('Failed to find first item in tar stream');
    expect(reason(await ends(upload()))).toBe('Failed to find first item in tar stream');
  });

  it('is cancelled while it waits and while it sends', async () => {
    world.downloadMs = 1_000;
    expect((await ends(upload(), { cancelAt: 50 })).kind).toBe('cancelled');
    await world.slots.upload.take(new AbortController().signal);
    expect((await ends(upload(), { cancelAt: 50 })).kind).toBe('cancelled');
  });
});

describe('a tree', () => {
  it('passes log_source down through every kind', async () => {
    const named = (log_source: string, action: Action): Action => ({ serial: { actions: [action], log_source } });
    const inner = script('exit=1');
    const wrapped: Action = {
      timeout: {
        timeout_ms: 1_000,
        log_source: '',
        action: { try: { log_source: 'T', action: { parallel: { log_source: '', actions: [inner] } } } },
      },
    };
    await ends(named('S', wrapped));
    expect(world.lines).toEqual(['T: Exit status 1']);
    world.lines.length = 0;
    await ends(progress({ codependent: { actions: [script('')], log_source: 'C' } }, { log_source: 'P' }));
    expect(world.lines).toEqual(['P: go', 'C: Exit status 0', 'P: bad']);
  });

  it('tells where each action stands', async () => {
    await ends(serial(script(''), timeout(5, script(''))));
    expect(world.events.filter(({ type }) => type === 'began').map(({ path }) => path)).toEqual([
      'action.serial',
      'action.serial.actions[0].run',
      'action.serial.actions[1].timeout',
      'action.serial.actions[1].timeout.action.run',
    ]);
    expect(world.events.at(-1)).toMatchObject({ type: 'ended', path: 'action.serial', result: { kind: 'succeeded' } });
  });
});

describe('sizes', () => {
  it.each([
    [0, '0B'],
    [1_023, '1023B'],
    [1_024, '1K'],
    [1_536, '1.5K'],
    [12_897_485, '12.3M'],
    [2 ** 40, '1T'],
  ])('%i is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
