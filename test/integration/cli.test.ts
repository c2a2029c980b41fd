import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster, happyScript } from '../support/fake-task-service.ts';

let fake: FakeCluster;
beforeEach(async () => {
  fake = await new FakeCluster().start();
});
afterEach(async () => {
  await fake.stop();
});

type Options = ConstructorParameters<typeof CliWorld>[0] & { readonly typed?: string };

const world = (options: Options = {}) =>
  new CliWorld({ ...options, env: { GAVEL_SERVER: fake.address, ...options.env } });

async function gavel(args: readonly string[], options: Options = {}) {
  const cli = world(options);
  if (options.typed !== undefined) cli.stdin.end(options.typed);
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

describe('gavel run', () => {
  it('gives the task its own streams, speaks on stderr, and ends as the task does', async () => {
    fake.script = happyScript();
    const { code, out, err } = await gavel(['run', 'busybox:1.36', '--', 'echo', 'hello', '-v']);
    expect(out).toBe('hello\n');
    expect(err.split('\n').filter((line) => line !== '' && !line.startsWith('gavel: '))).toEqual(['careful']);
    expect(err).toContain('gavel: Task 766 (');
    expect(err).toContain('gavel: Task 766 succeeded, exit code 0 (00:01:23)');
    expect(code).toBe(0);
  });

  it.each([
    [{ outcome: 'failed', exit_code: 3 }, [], 1],
    [{ outcome: 'failed', exit_code: 3 }, ['--propagate'], 3],
    [{ outcome: 'lost' }, ['--propagate'], 125],
    [{ outcome: 'timed_out' }, [], 8],
    [{ outcome: 'unplaced' }, [], 9],
  ] as const)('%j %j ends with %i', async (end, flags, code) => {
    fake.script = happyScript({ ...end, failure_reason: 'because' });
    expect((await gavel(['run', 'busybox', ...flags, '-q', '--', 'x'])).code).toBe(code);
  });

  it('prints only the id with -d, and only the request with --print-spec', async () => {
    expect((await gavel(['run', 'busybox', '-d', '--guid', 'mine', '--', 'x'])).out).toBe('mine\n');
    const { out } = await gavel(['run', 'busybox', '--print-spec', '--', 'x']);
    expect(JSON.parse(out)).toMatchObject({ root_fs: 'docker:///busybox' });
    expect(fake.live.size).toBe(1);
  });

  it('answers the record alone with -o json', async () => {
    fake.script = happyScript();
    const { out, err } = await gavel(['run', 'busybox', '-o', 'json', '--', 'x']);
    expect(JSON.parse(out)).toMatchObject({ kind: 'task', outcome: 'succeeded', number: 766 });
    expect(err).toContain('hello\n');
  });

  it('detaches at Ctrl-C where nobody can be asked, and the task goes on', async () => {
    const cli = world();
    const running = cli.run('run', 'busybox', '--', 'sleep');
    await expect.poll(() => cli.err.text).toContain('PENDING');
    expect(cli.interrupts.raise('SIGINT')).toBe(true);
    expect(await running).toBe(130);
    expect(cli.err.text).toContain('Task 766 is still running; rejoin with: gavel task 766'.replace('Task', 'task'));
    expect([...fake.live.values()][0]?.state).toBe('PENDING');
  });

  it('cancels at Ctrl-C with --on-interrupt=cancel, and tells the outcome', async () => {
    const cli = world();
    const running = cli.run('run', 'busybox', '--on-interrupt', 'cancel', '--', 'sleep');
    await expect.poll(() => cli.err.text).toContain('PENDING');
    cli.interrupts.raise('SIGINT');
    expect(await running).toBe(7);
  });

  it.each([
    ['c\n', 7],
    ['d\n', 130],
    ['\n', 130],
  ])('asks on a terminal; %j ends with %i', async (answer, code) => {
    const cli = world({ tty: true });
    const running = cli.run('run', 'busybox', '--', 'sleep');
    await expect.poll(() => cli.err.text).toContain('PENDING');
    cli.interrupts.raise('SIGINT');
    await expect.poll(() => cli.err.text).toContain('[c]ancel, [d]etach, [k]eep following?');
    cli.stdin.write(answer);
    expect(await running).toBe(code);
  });

  it('detaches at the second Ctrl-C', async () => {
    const cli = world({ tty: true });
    const running = cli.run('run', 'busybox', '--', 'sleep');
    await expect.poll(() => cli.err.text).toContain('PENDING');
    cli.interrupts.raise('SIGINT');
    cli.interrupts.raise('SIGINT');
    expect(await running).toBe(130);
  });
});

describe('--input', () => {
  it('uploads a folder, and is nothing where it was not given, whatever --no-input says', async () => {
    fake.script = happyScript();
    expect((await gavel(['run', 'busybox', '--no-input', '--', 'x'])).code).toBe(0);
    expect([...fake.live.values()][0]?.input_dir).toBe('');
    fake.script = undefined;
    fake.held = true;
    const folder = await mkdtemp(join(tmpdir(), 'gavel-input-'));
    await writeFile(join(folder, 'a.txt'), 'a');
    try {
      const { out } = await gavel(['--no-input', 'run', 'busybox', '-d', '--input', folder, '--', 'x']);
      expect(fake.live.get(out.trim())).toMatchObject({ input_dir: '/input', waiting_for: 'the next auction' });
      expect(fake.uploaded).toBeGreaterThan(0);
      const missing = await gavel(['run', 'busybox', '--input', join(folder, 'none'), '--', 'x']);
      expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('none: ENOENT') });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('gavel task submit', () => {
  const spec = { task_guid: 'from-file', domain: 'd', rootfs: 'preloaded:busybox', action: { run: { path: 'x' } } };

  it('prints only the guid, from a file or from stdin', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gavel-cli-'));
    const file = join(folder, 'task.json');
    await writeFile(file, JSON.stringify(spec));
    expect(await gavel(['task', 'submit', file])).toEqual({ code: 0, out: 'from-file\n', err: '' });
    expect((await gavel(['tasks', 'submit', `@${file}`])).out).toBe('from-file\n');
    expect((await gavel(['task', 'submit', '-'], { typed: JSON.stringify({ ...spec, task_guid: 'typed' }) })).out).toBe(
      'typed\n',
    );
    const json = await gavel(['task', 'submit', file, '-o', 'json']);
    expect(JSON.parse(json.out)).toMatchObject({ task_guid: 'from-file' });
    await rm(folder, { recursive: true });
  });

  it('tells every fault, one a line, and sends nothing', async () => {
    const { code, err } = await gavel(['task', 'submit', '-'], { typed: '{"domain":5,"memroy_mb":1,"action":{}}' });
    expect(code).toBe(2);
    expect(err.split('\n')).toEqual([
      'gavel: the request has 4 faults:',
      'gavel:   domain: must be text; it is 5',
      'gavel:   root_fs: is required (text)',
      expect.stringContaining('gavel:   action: must name what to do'),
      'gavel:   memroy_mb: there is no such field; did you mean memory_mb?',
      'gavel: try: gavel task submit --help',
      '',
    ]);
    expect(fake.calls).toEqual([]);
  });

  it('tells the faults of the server the same way, as JSON when asked', async () => {
    const { code, err } = await gavel(['task', 'submit', '-', '-o', 'json'], {
      typed: JSON.stringify({ ...spec, domain: 'refused' }),
    });
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({
      error: {
        code: 'INVALID_ARGUMENT',
        details: [{ field: 'domain' }, { field: 'env[0].name' }],
        hint: 'gavel task submit --help',
      },
    });
  });

  it('names the file it cannot read', async () => {
    const { code, err } = await gavel(['task', 'submit', '/nowhere.json']);
    expect(code).toBe(2);
    expect(err).toContain('/nowhere.json');
  });
});

describe('lists', () => {
  beforeEach(() => {
    fake.put({ task_guid: 'a', description: 'first' });
    fake.put({ task_guid: 'b', description: 'second', domain: 'other' });
    fake.claim('b');
    fake.run('b');
    fake.put({ task_guid: 'c', description: 'third' });
    fake.finish('c', { result: 'made it\nmore' });
    fake.put({ task_guid: 'd', description: 'fourth' });
    fake.finish('d', { outcome: 'failed', failure_reason: 'no space' });
    fake.remove('d');
  });

  it('has the active tasks, newest first, and counts them', async () => {
    expect((await gavel(['tasks'])).out).toBe(
      [
        '#    State    Timestamp                User   Description  Result',
        '767  RUNNING  2015-01-27 21:46:17 UTC  admin  second',
        '766  PENDING  2015-01-27 21:46:16 UTC  admin  first',
        '',
        'Total tasks running now: 2',
        '',
      ].join('\n'),
    );
  });

  it('has the finished ones, live and from history', async () => {
    const { out } = await gavel(['tasks', 'recent']);
    expect(out).toContain('769  failed');
    expect(out).toContain('768  succeeded');
    expect(out).toContain('made it\n');
    expect(out).toContain('Showing 2 recent tasks');
    expect((await gavel(['tasks', 'recent', '1'])).out).toContain('Showing 1 recent tasks');
    expect((await gavel(['tasks', 'recent', 'many'])).code).toBe(2);
  });

  it.each([
    [['tasks', 'ls', '--state', 'queued', '-o', 'name'], 'a\n'],
    [['tasks', '--state', 'error,processing', '-o', 'name'], 'd\nb\n'],
    [['tasks', 'ls', '--domain', 'other', '-o', 'name'], 'b\n'],
    [['tasks', '--cell', 'cell-2', '-o', 'name'], 'b\n'],
    [['tasks', '--limit', '1', '-o', 'name'], 'b\n'],
    [['tasks', '-a', '-o', 'name'], 'd\nc\nb\na\n'],
    [['tasks', '--no-filter', '-o', 'name'], 'b\na\n'],
    [['ps', '-o', 'name'], 'b\na\n'],
    [['tasks', '--recent=1', '-o', 'name'], 'd\n'],
    [['tasks', 'recent', '--outcome', 'success', '-o', 'name'], 'c\n'],
    [
      ['tasks', '-a', '--sort', 'number', '-o', 'template={{.number}} {{.state}}\\t{{json .labels}}'],
      '766 PENDING\t{}\n767 RUNNING\t{}\n768 COMPLETED\t{}\n769 COMPLETED\t{}\n',
    ],
    [['tasks', '--user', 'nobody', '-o', 'name'], ''],
    [['tasks', '--created-after', '2015-01-27 21:46:17 UTC', '-o', 'name'], 'b\n'],
    [['tasks', '--created-before', '2015-01-27T21:46:17Z', '-o', 'name'], 'a\n'],
    [['tasks', '--older-than', '1h', '-o', 'name'], 'b\na\n'],
  ])('%j', async (args, out) => {
    expect(await gavel(args)).toMatchObject({ code: 0, out });
  });

  it('gives programs JSON, lines, and YAML', async () => {
    expect(JSON.parse((await gavel(['tasks', '--json'])).out)).toMatchObject({
      kind: 'task-list',
      items: [{ number: 767 }, { number: 766 }],
    });
    expect((await gavel(['tasks', '-o', 'jsonl'])).out.trim().split('\n')).toHaveLength(2);
    expect((await gavel(['tasks', '-o', 'yaml'])).out).toMatch(/created_at: 1422395176000000000\n/);
  });

  it('lists cells and history', async () => {
    expect((await gavel(['cells'])).out).toContain(
      'cell-2  ready  z2    linux   128 MB of 4 GB  0 MB of 10 GB  1 of 50',
    );
    expect(JSON.parse((await gavel(['cells', 'ls', '-o', 'json'])).out)).toMatchObject({
      items: [{ cell_id: 'cell-1' }, {}],
    });
    expect((await gavel(['history'])).out).toContain('no space');
  });
});

describe('one task', () => {
  it('is joined: stages, lines, and the end', async () => {
    fake.put({ task_guid: 'j', description: 'run errand', result_file: '/tmp/r' });
    fake.claim('j');
    fake.run('j');
    fake.log('j', { stream: 'stdout', text: 'a \u001b[2Jline' });
    fake.finish('j', { result: 'x', result_bytes: 412 });
    const { code, out } = await gavel(['task', '766']);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'Task 766',
        'Task 766 | 21:46:16 | Submit: run errand by admin (00:00:01)',
        'Task 766 | 21:46:17 | Placement: cell-2 won (00:00:04)',
        'Task 766 | 21:46:21 | Run: /bin/sh -c echo hi (00:01:18)',
        'Task 766 | 21:33:30 | stdout: a \\u001b[2Jline',
        'Task 766 | 21:47:39 | Result: 412 bytes from /tmp/r (00:00:00)',
        '',
        'Task 766 Started  2015-01-27 21:46:16 UTC',
        'Task 766 Finished 2015-01-27 21:47:39 UTC',
        'Task 766 Duration 00:01:23',
        'Task 766 done (succeeded, exit code 0)',
        '',
      ].join('\n'),
    );
  });

  it('is joined while it runs, as JSON lines with every state', async () => {
    fake.script = undefined;
    const { task_guid } = fake.put({ task_guid: 'live' });
    const cli = world();
    const joined = cli.run('task', 'attach', 'live', '-o', 'jsonl');
    await expect.poll(() => cli.out.text).toContain('PENDING');
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    await happyScript({ outcome: 'failed', failure_reason: 'no' }, 30)(fake.change(task_guid, {}), fake);
    expect(await joined).toBe(1);
    const lines = cli.out.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { state?: string; kind: string; text?: string });
    expect(lines.filter(({ kind }) => kind === 'log').map(({ text: said }) => said)).toEqual(['hello', 'careful']);
    expect(new Set(lines.flatMap(({ state }) => state ?? []))).toEqual(
      new Set(['PENDING', 'CLAIMED', 'RUNNING', 'COMPLETED']),
    );
  });

  it('is joined as JSON lines with the states that went by before', async () => {
    fake.put({ task_guid: 'past' });
    fake.claim('past');
    fake.run('past');
    fake.finish('past');
    const { out } = await gavel(['task', 'past', '-o', 'jsonl']);
    const states = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { state: string; time_rfc3339: string });
    expect(states.map(({ state, time_rfc3339 }) => `${state} ${time_rfc3339.slice(11, 19)}`)).toEqual([
      'PENDING 21:46:16',
      'CLAIMED 21:46:17',
      'RUNNING 21:46:21',
      'COMPLETED 21:47:39',
    ]);
  });

  it('is shown, its state said in a word, its result given as it is', async () => {
    fake.put({ task_guid: 'abcdef', labels: { team: 'x' } });
    expect((await gavel(['task', 'status', 'abc'])).out).toBe('PENDING\n');
    expect((await gavel(['task', 'result', '766'])).code).toBe(4);
    fake.finish('abcdef', { outcome: 'timed_out' });
    expect((await gavel(['task', 'status', '766'])).out).toBe('timed_out\n');
    expect((await gavel(['task', 'show', 'abcdef'])).out).toMatch(/^State {8}Timed Out$/m);
    fake.put({ task_guid: 'good' });
    fake.finish('good', { result: 'raw\n' });
    expect(await gavel(['task', 'result', 'good'])).toMatchObject({ code: 0, out: 'raw\n' });
    expect((await gavel(['task', 'show', 'nope'])).code).toBe(3);
  });

  it('has its lines on their own streams', async () => {
    fake.put({ task_guid: 'l' });
    fake.log(
      'l',
      { stream: 'stdout', text: 'one' },
      { stream: 'stderr', text: 'two' },
      { stream: 'stdout', text: 'three' },
    );
    expect(await gavel(['logs', 'l'])).toEqual({ code: 0, out: 'one\nthree\n', err: 'two\n' });
    expect((await gavel(['logs', 'l', '-n', '1'])).out).toBe('three\n');
    expect((await gavel(['logs', 'l', '--stderr'])).out).toBe('');
    expect((await gavel(['logs', 'l', '--timestamps'])).out).toContain('2015-01-27 21:33:30 UTC stdout TASK one\n');
  });

  it('D19 shares a log_guid with others, which are read as one stream', async () => {
    fake.put({ task_guid: 'p1', log_guid: 'app' });
    fake.put({ task_guid: 'p2', log_guid: 'app' });
    fake.put({ task_guid: 'p3', log_guid: 'other' });
    fake.log('p1', { stream: 'stdout', text: 'first' });
    fake.log('p2', { stream: 'stderr', text: '-' }, { stream: 'stdout', text: 'second' });
    fake.log('p1', { stream: 'stderr', text: '-' }, { stream: 'stdout', text: 'third' });
    fake.log('p3', { stream: 'stdout', text: 'never' });
    expect(await gavel(['logs', '--log-guid', 'app', '--stdout'])).toEqual({
      code: 0,
      out: 'first\nsecond\nthird\n',
      err: '',
    });
    expect(await gavel(['logs', '--log-guid', 'nobody'])).toMatchObject({ code: 3, out: '' });
    expect((await gavel(['logs', 'p1', '--log-guid', 'app'])).code).toBe(2);
    expect((await gavel(['logs'])).code).toBe(2);
    for (const guid of ['p1', 'p2']) fake.finish(guid, { outcome: 'succeeded' });
    expect((await gavel(['logs', '--log-guid', 'app', '-f'])).out.split('\n').toSorted()).toEqual([
      '',
      'first',
      'second',
      'third',
    ]);
  });

  it('is waited for, with a bound or without', async () => {
    fake.put({ task_guid: 'w' });
    fake.finish('w');
    fake.put({ task_guid: 'x' });
    fake.finish('x', { outcome: 'cancelled' });
    fake.put({ task_guid: 'slow' });
    expect(await gavel(['wait', 'w', '766'])).toMatchObject({ code: 0, out: 'w succeeded\n766 succeeded\n' });
    expect((await gavel(['wait', 'w', 'x'])).code).toBe(7);
    expect((await gavel(['wait', 'slow', '--timeout', '100ms'])).code).toBe(124);
    expect((await gavel(['wait', 'nope'])).code).toBe(3);
  });

  it.each([[['cancel', '766']], [['cancel', 'task', '766']], [['task', 'cancel', '766']], [['tasks', 'cancel', 'e']]])(
    'is cancelled by %j, once',
    async (args) => {
      fake.put({ task_guid: 'e' });
      expect(await gavel(args)).toMatchObject({ code: 0, out: 'Task 766 cancelled\n' });
      const again = await gavel(args);
      expect(again.code).toBe(4);
      expect(again.err).toContain('task 766 has ended already: cancelled at 2015-01-27');
    },
  );

  it('is not cancelled by the beginning of its guid alone', async () => {
    fake.put({ task_guid: 'abcdef' });
    expect((await gavel(['cancel', 'abc'])).code).toBe(2);
    expect((await gavel(['cancel', 'abc', '-y'])).code).toBe(0);
  });

  it('is killed with the question of the Inductiva client', async () => {
    fake.put({ task_guid: 'i4ir3kvv62odsfrhko4y8w2an' });
    const args = ['tasks', 'kill', 'i4ir3kvv62odsfrhko4y8w2an'];
    expect((await gavel(args)).code).toBe(2);
    expect(await gavel(args, { tty: true, typed: '\n' })).toMatchObject({ code: 0, out: '' });
    const { code, out, err } = await gavel(args, { tty: true, typed: 'y\n' });
    expect(code).toBe(0);
    expect(err).toBe(
      'You are about to kill the following tasks:\n  - i4ir3kvv62odsfrhko4y8w2an\nAre you sure you want to proceed (y/[N])? ',
    );
    expect(out).toBe('Successfully sent kill request for task i4ir3kvv62odsfrhko4y8w2an.\n');
  });

  it('is resolved and removed', async () => {
    fake.put({ task_guid: 'r' });
    fake.finish('r');
    expect((await gavel(['task', 'resolve', 'r'])).out).toBe('Task 766 RESOLVING\n');
    expect((await gavel(['task', 'resolve', 'r'])).code).toBe(4);
    expect(await gavel(['task', 'rm', 'r', '-y'])).toMatchObject({ code: 0, out: 'Task 766 removed\n' });
    expect(fake.live.size).toBe(0);
  });
});

describe('mistakes', () => {
  it.each([
    [['tsks'], 2, 'Did you mean tasks?'],
    [['task', 'shwo', '766'], 2, 'did you mean: gavel task show 766'],
    [['run', '--memroy', '1', 'x'], 2, 'Did you mean --memory?'],
    [['tasks', '-o', 'xml'], 2, 'Allowed choices are'],
    [['tasks', '--state', 'qeued'], 2, 'did you mean queued?'],
    [['run', 'busybox'], 2, 'what to run in the container goes behind --'],
    [['tasks', '--server', 'nowhere'], 2, 'is no host:port'],
    [['tasks', '--server', '127.0.0.1:1', '--timeout', '300ms'], 5, 'no answer from 127.0.0.1:1'],
    [['task', 'show', 'nope'], 3, 'there is no task nope'],
  ])('%j ends with %i and says %j and what to try', async (args, code, said) => {
    const result = await gavel(args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(said);
    expect(result.err.trim().split('\n').at(-1)).toMatch(/^gavel: try: /);
    expect(result.out).toBe('');
  });

  it('prints help and the table of exit codes', async () => {
    expect(await gavel(['task', 'submit', '--help'])).toMatchObject({ code: 0 });
    expect((await gavel(['--exit-codes'])).out).toContain('124  our own --timeout elapsed');
    expect((await gavel(['version', '-o', 'json'])).out).toContain('"gavel"');
  });
});

describe('gavel callbacks listen', () => {
  it('prints each body as one line, digits and all', async () => {
    const cli = world();
    const listening = cli.run('callbacks', 'listen', '--port', '0', '--count', '1');
    await expect.poll(() => cli.err.text).toContain('listening on');
    const url = /http:\S+/.exec(cli.err.text)?.[0] ?? '';
    await fetch(url, { method: 'POST', body: '{\n "created_at": 1764000000123456789 }' });
    expect(await listening).toBe(0);
    expect(cli.out.text).toBe('{"created_at":1764000000123456789}\n');
  });
});

describe('the program itself', () => {
  const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
  const children: ChildProcess[] = [];
  beforeAll(() => {
    if (!existsSync(main)) throw new Error('dist/ is missing. Run: make build');
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, GAVEL_SERVER: fake.address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };

  it('answers with its exit code', async () => {
    fake.script = happyScript({ outcome: 'failed', exit_code: 3, failure_reason: 'x' });
    const child = start('run', 'busybox', '--propagate', '--', 'x');
    const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(out).toBe('hello\n');
    expect(code).toBe(3);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('detaches at %s', async (signal, code) => {
    const child = start('run', 'busybox', '--', 'sleep');
    const said = text(child.stderr);
    await expect.poll(() => fake.calls, { timeout: 20_000 }).toContain('WatchTasks');
    child.kill(signal);
    expect((await once(child, 'close'))[0]).toBe(code);
    expect(await said).toContain('rejoin with: gavel task 766');
  });

  it('is quiet when its reader has seen enough', async () => {
    for (let i = 0; i < 3_000; i += 1) fake.put({ task_guid: `t-${i}`, description: 'x'.repeat(100) });
    const child = start('tasks');
    const said = text(child.stderr);
    child.stdout.once('data', () => child.stdout.destroy());
    expect((await once(child, 'close'))[0]).toBe(0);
    expect(await said).toBe('');
  });
});
