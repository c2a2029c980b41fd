import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { request, startTestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster, happyScript } from '../support/fake-task-service.ts';

/* Lists, explanations, waits and ends, as an operator meets them; the cluster is in memory. */

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

describe('lists', () => {
  beforeEach(() => {
    fake.put({ task_guid: 'a', labels: { team: 'x' } });
    fake.put({ task_guid: 'b', labels: { 'gavel.kind': 'system' }, created_by: 'system' });
    fake.put({ task_guid: 'c', labels: { team: 'y', 'gavel.kind': 'scheduled' } });
  });

  it('hide what the system does for itself, and say so', async () => {
    const { out } = await gavel(['tasks']);
    expect(out).toContain('Total tasks running now: 2 (1 hidden; --no-filter shows all)\n');
    expect((await gavel(['tasks', '--no-filter'])).out).toContain('\n\nTotal tasks running now: 3\n');
    expect((await gavel(['tasks', '--kind', 'system', '-o', 'name'])).out).toBe('b\n');
    expect(JSON.parse((await gavel(['tasks', '-o', 'json'])).out)).toMatchObject({ hidden: 1, items: [{}, {}] });
    fake.finish('b');
    expect((await gavel(['tasks', 'recent'])).out).toContain('Showing 0 recent tasks (1 hidden;');
  });

  it.each([
    [['--label', 'team=x'], 'a\n'],
    [['--label', 'team'], 'c\na\n'],
    [['--kind', 'scheduled'], 'c\n'],
    [['--user', 'system', '--no-filter'], 'b\n'],
    [['--sort', 'number'], 'a\nc\n'],
    [['--sort=-number'], 'c\na\n'],
  ])('%j', async (flags, out) => {
    expect(await gavel(['tasks', 'ls', ...flags, '-o', 'name'])).toMatchObject({ code: 0, out });
  });

  it.each([
    [['--sort', 'numbr'], 'did you mean number?'],
    [['--kind', 'sytem'], 'did you mean system?'],
    [['--created-after', 'yesterday'], '--created-after: yesterday is no time'],
    [['--outcome', 'running'], '--outcome: give outcomes'],
    [['-o', 'template={{.nmber}}'], 'did you mean .number?'],
    [['-o', 'template={{range .}}'], 'cannot read {{range .}}'],
    [['-o', 'template'], 'Allowed choices'],
  ])('%j is refused with advice', async (flags, said) => {
    const { code, err } = await gavel(['tasks', ...flags]);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });
});

it.each([
  ['taken all the same', true, /task 766 \((\w{32})\) was accepted all the same; go on with: gavel task 766\n/],
  ['not taken', false, /gavel: the task was not accepted\n/],
])('a submit that is interrupted before its answer says that the task was %s', async (_name, taken, said) => {
  const cli = world();
  fake.beforeAnswer = async () => {
    if (!taken) fake.live.clear();
    cli.interrupts.raise('SIGINT');
    await sleep(200);
  };
  const spec = '{"domain":"d","root_fs":"preloaded:x","action":{"run":{"path":"x"}}}';
  expect(await cli.run('submit', spec)).toBe(130);
  expect(cli.err.text).toMatch(said);
  expect(cli.out.text).toBe('');
});

it('a terminal that goes away detaches, and never cancels', async () => {
  const cli = world({ tty: true });
  fake.put({ task_guid: 'goes-on' });
  fake.claim('goes-on');
  fake.run('goes-on');
  const followed = cli.run('task', 'attach', 'goes-on', '--on-interrupt', 'cancel');
  await expect.poll(() => cli.out.text).toContain('Run:');
  cli.interrupts.raise('SIGHUP');
  expect(await followed).toBe(129);
  expect(cli.err.text).toContain('is still running; rejoin with: gavel task goes-on');
  expect(fake.calls).not.toContain('CancelTask');
  expect(fake.live.get('goes-on')?.state).toBe('RUNNING');
});

it('--safe shows what a terminal would obey, and without it output is as it was written', async () => {
  fake.put({ task_guid: 'loud' });
  fake.claim('loud');
  fake.run('loud');
  fake.log('loud', { stream: 'stdout', text: 'red \u001b[31m\ttab' });
  fake.finish('loud', {});
  expect((await gavel(['logs', 'loud'])).out).toBe('red \u001b[31m\ttab\n');
  expect((await gavel(['logs', 'loud', '--safe'])).out).toBe('red \\u001b[31m\ttab\n');
});

it('B27 finished tasks stay on record over a restart of all servers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-record-'));
  const store = { kind: 'embedded', path: folder } as const;
  try {
    const first = await startTestBbs({ store });
    for (const task_guid of ['ended', 'resolved']) {
      await first.tasks.DesireTask(request({ task_guid, domain: 'b27' }));
      await first.tasks.CancelTask({ task_guid });
    }
    await first.tasks.ResolveTask({ task_guid: 'resolved' });
    await first.tasks.DeleteTask({ task_guid: 'resolved' });
    await first.stop();
    const second = await startTestBbs({ store });
    const env = { GAVEL_SERVER: second.bbs.address };
    const { out } = await gavel(['tasks', 'recent', '--domain', 'b27', '-o', 'name'], { env });
    expect(out).toBe('resolved\nended\n');
    await second.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('gavel explain', () => {
  const cell = (cell_id: string, code: string, free: number) => ({
    cell_id,
    code,
    asked: { memory_mb: 512, disk_mb: 0, containers: 1 },
    free: { memory_mb: free, disk_mb: 100, containers: 3 },
    capacity: { memory_mb: 1_024, disk_mb: 100, containers: 4 },
    ...(code === '' ? { score: { load: 0.25, shape: 0.01, total: 0.26 } } : {}),
  });

  it('says what each cell says, and what would fit', async () => {
    fake.put({ task_guid: 'p' });
    fake.explanation = {
      verdict: 'not_now',
      summary: 'waits for memory: 512 MB asked',
      reason: 'insufficient resources: memory',
      cells: [cell('cell-1', 'memory', 128), cell('cell-2', 'tags', 1_024)],
      changes: [{ field: 'memory_mb', from: '512', to: '128', cell_id: 'cell-1' }],
      queue_position: 3,
      queue_length: 12,
    };
    expect(await gavel(['explain', 'p'])).toEqual({
      code: 0,
      err: '',
      out: [
        'Task 766 PENDING: waits for memory: 512 MB asked',
        '',
        'Queue position 3 of 12 (2 ahead)',
        '',
        'Cell    Says    Score  Why',
        'cell-1  memory         512 MB asked, 128 MB free of 1 GB',
        'cell-2  tags',
        '',
        'It would fit on cell-1 now with memory_mb 128 (instead of 512).',
        '',
      ].join('\n'),
    });
    expect(JSON.parse((await gavel(['task', 'explain', '766', '-o', 'json'])).out)).toMatchObject({
      kind: 'explanation',
      verdict: 'not_now',
      task: { number: 766 },
      cells: [{ cell_id: 'cell-1', free: { memory_mb: 128 } }, {}],
    });
    expect((await gavel(['explain', 'nope'])).code).toBe(3);
    expect((await gavel(['explain'])).code).toBe(2);
  });

  it('answers a dry run with 0 when it fits and 9 when it does not, and creates nothing', async () => {
    const spec = JSON.stringify({ domain: 'd', root_fs: 'preloaded:x', action: { run: { path: 'x' } } });
    fake.explanation = {
      verdict: 'fits',
      summary: 'it would be placed now, on cell-1',
      cells: [cell('cell-1', '', 900)],
    };
    expect(await gavel(['submit', '-', '--dry-run=place'], { typed: spec })).toMatchObject({
      code: 0,
      out: 'Dry run: it would be placed now, on cell-1\n\nCell    Says  Score  Why\ncell-1  fits  0.26   load 0.25, shape 0.01\n',
    });
    fake.explanation = { verdict: 'never_fits', summary: 'it would never be placed: no' };
    expect((await gavel(['run', 'busybox', '--dry-run=place', '--', 'x'])).code).toBe(9);
    expect((await gavel(['explain', '-f', '-'], { typed: spec })).code).toBe(9);
    expect(JSON.parse((await gavel(['submit', spec, '--dry-run=spec'])).out)).toMatchObject({ root_fs: 'preloaded:x' });
    expect(fake.live.size).toBe(0);
  });
});

describe('gavel wait', () => {
  it('ends when a task has got somewhere, also when it has gone on since', async () => {
    fake.put({ task_guid: 'w' });
    const cli = world();
    const waiting = cli.run('wait', 'w', '--for', 'running');
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    fake.claim('w');
    fake.run('w');
    expect(await waiting).toBe(0);
    expect(cli.out.text).toBe('w RUNNING\n');
    fake.finish('w', { outcome: 'failed', failure_reason: 'x', exit_code: 42 });
    expect((await gavel(['wait', 'w', '--for', 'running'])).code).toBe(0);
    expect((await gavel(['wait', 'w', '--for', 'error'])).code).toBe(0);
    expect((await gavel(['wait', 'w', '--for', 'success'])).code).toBe(1);
    expect((await gavel(['wait', 'w', '--propagate'])).code).toBe(42);
    expect((await gavel(['wait', 'w', '--for', 'runing'])).err).toContain('did you mean running?');
    expect((await gavel(['wait', 'nope', '--propagate'])).code).toBe(125);
  });

  it('is over with the first of several, or with all of them', async () => {
    fake.put({ task_guid: 'slow' });
    fake.put({ task_guid: 'quick' });
    fake.finish('quick');
    expect(await gavel(['wait', 'slow', 'quick', '--any'])).toMatchObject({ code: 0, out: 'quick succeeded\n' });
    expect((await gavel(['wait', 'slow', 'quick', '--timeout', '200ms'])).code).toBe(124);
    expect((await gavel(['wait', 'quick', 'nope'])).code).toBe(3);
  });

  it('shows one line on a terminal, and a heartbeat elsewhere', async () => {
    fake.put({ task_guid: 'w', waiting_for: 'memory' });
    const terminal = world({ tty: true, columns: 80 });
    const waiting = terminal.run('wait', 'w');
    await expect.poll(() => terminal.err.text).toContain('\r\u001b[KTask 766 PENDING, waiting for memory  ');
    const piped = world();
    const beating = piped.run('wait', 'w', '--heartbeat', '50ms');
    await expect.poll(() => piped.err.text).toContain('gavel: still waiting: Task 766 PENDING, waiting for memory');
    fake.finish('w');
    expect(await waiting).toBe(0);
    expect(await beating).toBe(0);
    expect(terminal.err.text.endsWith('\r\u001b[K')).toBe(true);
    expect(terminal.out.text).toBe('w succeeded\n');
  });

  it('says at Ctrl-C that the task goes on', async () => {
    fake.put({ task_guid: 'w' });
    const cli = world();
    const waiting = cli.run('wait', 'w');
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    cli.interrupts.raise('SIGINT');
    expect(await waiting).toBe(130);
    expect(cli.err.text).toContain('gavel: task w goes on');
  });
});

describe('ending tasks', () => {
  it('waits for the end with --wait, step by step', async () => {
    fake.put({ task_guid: 'k' });
    fake.claim('k');
    fake.run('k');
    fake.slowToEnd = true;
    const cli = world();
    const killing = cli.run('kill', 'k', '-y', '--wait');
    await expect.poll(() => cli.err.text).toContain('gavel: task 766: stop requested');
    expect(cli.out.text).toBe('Successfully sent kill request for task k.\n');
    await sleep(50);
    fake.finish('k', { outcome: 'cancelled', failure_reason: 'task was cancelled' });
    expect(await killing).toBe(0);
    expect(cli.out.text).toMatch(/\nTask k stopped after \d+\.\ds\n$/);
    expect(cli.err.text).toMatch(/task 766: cancelled after .*\n.*task 766: its container is gone/);
  });

  it('gives up after --wait=SPAN with 124, and takes an id behind --wait', async () => {
    fake.put({ task_guid: 'k' });
    fake.slowToEnd = true;
    const { code, err } = await gavel(['cancel', 'k', '--wait=150ms']);
    expect(code).toBe(124);
    expect(err).toContain('the request stands');
    fake.slowToEnd = false;
    expect(await gavel(['cancel', '--wait', '766'])).toMatchObject({ code: 0 });
  });

  it('asks for the number of many, and of what a filter selects', async () => {
    for (let at = 0; at < 12; at += 1) fake.put({ task_guid: `t${at}`, domain: at < 2 ? 'ci' : 'other' });
    const ids = Array.from({ length: 11 }, (_, at) => `t${at}`);
    const tty = { tty: true };
    const wrong = await gavel(['kill', ...ids], { ...tty, typed: 'y\n' });
    expect(wrong).toMatchObject({ code: 0, out: '' });
    expect(wrong.err).toContain('You are about to kill 11 tasks.\nType their number to proceed: ');
    expect((await gavel(['cancel', '--domain', 'ci'])).code).toBe(2);
    const filtered = await gavel(['cancel', '--domain', 'ci', '--older-than', '1h'], { ...tty, typed: '2\n' });
    expect(filtered.err).toContain('You are about to cancel 2 tasks:\n  - t1\n  - t0\nType their number to proceed: ');
    expect(filtered.out).toBe('Task 767 cancelled\nTask 766 cancelled\n');
    expect((await gavel(['kill', 't5', '--domain', 'ci'])).code).toBe(2);
    expect((await gavel(['cancel', '--domain', 'ci', '-y'])).err).toContain('no active task matches');
    expect((await gavel(['kill', '--all', '-y'])).out.trim().split('\n')).toHaveLength(10);
  });

  it('goes on with the others when one cannot be ended', async () => {
    fake.put({ task_guid: 'a' });
    fake.put({ task_guid: 'b' });
    fake.finish('a', { outcome: 'failed' });
    const { code, out, err } = await gavel(['kill', 'a', 'nope', 'b', '-y']);
    expect(code).toBe(4);
    expect(out).toBe('Successfully sent kill request for task b.\n');
    expect(err).toContain('a: task 766 has ended already: failed at 2015-01-27 21:47:39 UTC');
    expect(err).toContain('nope: there is no task nope');
  });
});

describe('joining', () => {
  it('gives the result alone with --result, once it is there', async () => {
    fake.put({ task_guid: 'r' });
    const cli = world();
    const joined = cli.run('task', 'r', '--result');
    await expect.poll(() => fake.calls).toContain('WatchTasks');
    await happyScript({ result: 'exactly\nthis' })(fake.change('r', {}), fake);
    expect(await joined).toBe(0);
    expect(cli.out.text).toBe('exactly\nthis');
  });

  it('goes on behind a line, or with what comes', async () => {
    fake.put({ task_guid: 'l' });
    fake.claim('l');
    fake.run('l');
    fake.log('l', { stream: 'stdout', text: 'one' }, { stream: 'stdout', text: 'two' });
    fake.finish('l');
    expect((await gavel(['task', 'l'])).out).toMatch(/stdout: one\n.*stdout: two\n/);
    const behind = (await gavel(['task', 'attach', 'l', '--from', '1'])).out;
    expect(behind).not.toContain('stdout: one');
    expect(behind).toContain('stdout: two');
    expect((await gavel(['task', 'l', '--from', 'now'])).out).not.toContain('stdout:');
    expect((await gavel(['task', 'l', '--from', 'there'])).code).toBe(2);
  });

  it('beats where no terminal is', async () => {
    fake.put({ task_guid: 'h' });
    const cli = world();
    const joined = cli.run('task', 'h', '--heartbeat', '50ms');
    await expect.poll(() => cli.err.text).toContain('gavel: still waiting: Task 766 PENDING');
    fake.finish('h');
    expect(await joined).toBe(0);
  });
});
