import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster } from '../support/fake-task-service.ts';
import { onTerminal } from '../support/pty.ts';

/* What cells are like now: what runs there uses, one more command there, and what more would fit. */

let fake: FakeCluster;
let env: Record<string, string>;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  env = { GAVEL_SERVER: fake.address, NO_COLOR: '1', GAVEL_CONFIG: '/nowhere/gavel.yaml' };
  fake.put({ task_guid: 'runs', number: 766 });
  fake.claim('runs');
  fake.run('runs');
});
afterEach(async () => {
  await fake.stop();
});

async function gavel(...args: readonly string[]) {
  const cli = new CliWorld({ env });
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

const look = (seconds: number, cpuMs: number) => ({
  task_guid: 'runs',
  number: 766,
  cell_id: 'cell-2',
  attempt: 'a1',
  measured_at: (1_764_000_000n + BigInt(seconds)) * 1_000_000_000n,
  cpu_nanoseconds: cpuMs * 1_000_000,
  memory_bytes: 64 * 2 ** 20,
  disk_bytes: 512,
  memory_mb: 128,
  started_at: 1_764_000_000n * 1_000_000_000n,
});
const wire = (seconds: number, cpuMs: number) => {
  const { measured_at, started_at, ...rest } = look(seconds, cpuMs);
  return [{ ...rest, measured_at: measured_at.toString(), started_at: started_at.toString() }];
};

describe('gavel tasks top', () => {
  it('looks twice, and tells the share of the processor between', async () => {
    fake.inside.usages.push(wire(10, 1_000), wire(12, 2_500));
    const { out, code } = await gavel('tasks', 'top');
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe('#    Guid  Cell    CPU    Memory                 Disk   Processes  Runs for');
    expect(out).toMatch(
      /^766 {2}runs {2}cell-2 {2}75\.0% {2}64\.00 MB of 128\.00 MB {2}512 B {2}- {10}\d+:\d\d:\d\d$/m,
    );
    expect(out).toContain('\n1 task runs\n');
    fake.inside.usages.splice(0, 1, wire(10, 1_000), wire(12, 2_500));
    expect(JSON.parse((await gavel('tasks', 'top', '766', '-o', 'json')).out).items[0]).toMatchObject({
      cpu_cores: 0.75,
      pids: null,
    });
    expect((await gavel('tasks', 'top', 'nobody')).code).toBe(3);
  });

  it('draws anew on a terminal until Ctrl-C', async () => {
    fake.inside.usages.push(wire(10, 1_000), wire(12, 2_500), wire(14, 2_500));
    const { screen, code } = await onTerminal(['tasks', 'top'], {
      columns: 100,
      env,
      steps: [[' 0.0%', '\u0003']],
    });
    expect(code).toBe(130);
    expect(screen).toContain('75.0%');
  });
});

describe('gavel tasks exec', () => {
  it('keeps both streams apart, and exits as the command did', async () => {
    expect(await gavel('tasks', 'exec', '766', '-e', 'A=1', '--dir', '/tmp', '--', 'ls', '-l')).toEqual({
      code: 3,
      out: 'out\n',
      err: 'err\n',
    });
    expect(fake.inside.execs[0]).toMatchObject({
      path: 'ls',
      args: ['-l'],
      env: [{ name: 'A', value: '1' }],
      dir: '/tmp',
    });
  });

  it('is refused with the setting that is off', async () => {
    fake.inside.allowExec = false;
    const { code, err } = await gavel('tasks', 'exec', '766', '--', 'ls');
    expect(code).toBe(6);
    expect(err).toContain('cell cell-2 lets nobody run commands in its tasks');
  });
});

describe('gavel events', () => {
  it('tells each change as a line of JSON, and goes on behind a cursor', async () => {
    const cli = new CliWorld({ env });
    const ended = cli.run('events', '--type', 'created,removed', '--count', '2');
    await expect.poll(() => fake.calls.filter((call) => call === 'WatchTasks').length).toBeGreaterThan(0);
    fake.put({ task_guid: 'new' });
    fake.finish('new');
    fake.remove('new');
    expect(await ended).toBe(0);
    const lines = cli.out.text.trimEnd().split('\n');
    const [created, removed] = lines.map((line) => JSON.parse(line));
    expect([created, removed]).toMatchObject([
      { schema: 'task-change/v1', type: 'created', task: { task_guid: 'new', state: 'PENDING' } },
      { type: 'removed', task: { outcome: 'succeeded' } },
    ]);
    const more = await gavel('events', '--since', created.cursor, '--count', '2', '-o', 'template={{.type}}');
    expect(more.out).toBe('changed\nremoved\n');
    expect(await gavel('events', '--since', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--since: yesterday is no time'),
    });
    expect(await gavel('events', '--type', 'crated')).toMatchObject({
      code: 2,
      err: expect.stringContaining('did you mean created?'),
    });
  });
});

describe('what every command takes', () => {
  it('-y before or behind the verb, and --color over what the terminal is', async () => {
    fake.finish('runs');
    expect((await gavel('-y', 'task', 'rm', 'runs')).out).toBe('Task 766 removed\n');
    fake.put({ task_guid: 'other' });
    expect((await gavel('kill', '-y', 'other')).code).toBe(0);
    expect((await gavel('ps', '--color', 'always')).out).toContain('\u001b[1m');
    expect((await gavel('ps', '--color', 'never')).out).not.toContain('\u001b');
    expect((await gavel('ps', '--color', 'sometimes')).code).toBe(2);
  });

  it('shows one cell with what is on it', async () => {
    const { out } = await gavel('cells', 'show', 'cell-2');
    expect(out).toMatch(/^Cell {8}cell-2$/m);
    expect(out).toMatch(/^766 {2}RUNNING/m);
    expect((await gavel('cells', 'show', 'nobody')).code).toBe(3);
  });
});

describe('gavel cells drain --preview', () => {
  it('says what would become of what is on the cell, by what is known, and does nothing', async () => {
    fake.put({ task_guid: 'limited', number: 767, max_run_time: '60s' });
    fake.claim('limited');
    fake.run('limited');
    fake.put({ task_guid: 'claimed', number: 768 });
    fake.claim('claimed');
    const { out, code } = await gavel('cells', 'drain', 'cell-2', '--deadline', '1h', '--preview');
    expect(code).toBe(0);
    expect(out).toMatch(/^768 {2}CLAIMED {2}placed elsewhere/m);
    expect(out).toMatch(/^767 {2}RUNNING {2}over before the deadline/m);
    expect(out).toMatch(/^766 {2}RUNNING {2}ended at the deadline, unless over before/m);
    expect(out).toContain('3 tasks are on cell-2; 1 may be ended at ');
    expect((await gavel('cells', 'drain', 'nobody', '--preview')).code).toBe(3);
  });
});

describe('gavel tasks on a terminal', () => {
  it('has a symbol beside each state where the locale can show it, and none elsewhere', async () => {
    fake.put({ task_guid: 'ended', number: 767 });
    fake.finish('ended', {});
    const at = async (locale: string) =>
      (await onTerminal(['tasks', '-a'], { columns: 100, env: { ...env, LC_ALL: locale } })).screen;
    expect(await at('C.UTF-8')).toMatch(/767 {2}✓ succeeded[^]*766 {2}● RUNNING/);
    expect(await at('C')).toMatch(/767 {2}succeeded[^]*766 {2}RUNNING/);
    expect((await gavel('tasks', '-a')).out).not.toContain('✓');
  });

  it('is drawn again with --watch until Ctrl-C, and needs a terminal for it', async () => {
    const { screen, code } = await onTerminal(['tasks', '--watch'], {
      columns: 100,
      env,
      steps: [
        ['Total tasks running now: 1', ''],
        ['Total tasks running now: 1', '\u0003'],
      ],
    });
    expect(code).toBe(130);
    expect(screen.split('\u001b[2J').length).toBeGreaterThan(2);
    expect((await gavel('tasks', '--watch')).err).toContain('there is no terminal to draw on; gavel events');
  });
});

describe('gavel logs --since and task events --kind', () => {
  it('leave what is meant', async () => {
    const line = (text: string, time: bigint) => ({ stream: 'stdout' as const, text, time });
    const now = BigInt(Date.now()) * 1_000_000n;
    fake.log('runs', line('old', now - 3_600_000_000_000n), line('new', now));
    expect((await gavel('logs', 'runs', '--since', '5m')).out).toBe('new\n');
    expect((await gavel('logs', 'runs', '--since', 'soon')).code).toBe(2);
  });
});

describe('gavel cells drain', () => {
  it('asks first, naming what it hits; where nobody can be asked it wants -y', async () => {
    const refused = await gavel('cells', 'drain', 'cell-2');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('about to drain a cell, and nobody can be asked; add -y to do it');
    const cli = new CliWorld({ env: { GAVEL_SERVER: fake.address }, tty: true });
    cli.stdin.end('n\n');
    expect(await cli.run('cells', 'drain', 'cell-2')).toBe(0);
    expect(cli.err.text).toMatch(/You are about to drain the following cells:\n {2}- cell-2: \d+ tasks? on it/);
    expect(cli.err.text).toContain('nothing was done');
    expect(fake.calls).not.toContain('DrainCell');
  });
});

describe('gavel capacity', () => {
  const SPEC = '{"domain":"d","root_fs":"preloaded:x","memory_mb":128,"action":{"run":{"path":"x"}}}';

  it('shows what is free, and what would fit', async () => {
    expect((await gavel('capacity', 'show')).out).toContain('memory are free');
    const { out, code } = await gavel('capacity', 'fit', SPEC, '--count', '40', '--add', 'like=cell-1,count=1');
    expect(code).toBe(9);
    expect(out).toContain('32 such tasks fit now: memory binds.\n1 task waits already and would go first.');
    expect(out).toMatch(/^cell-1-like-1 \(added\) {2}32 {5}4 GB -> 0 MB/m);
    expect((await gavel('capacity', 'fit', SPEC)).code).toBe(0);
  });

  it.each([
    [['--add', 'memory=much'], 'is no size'],
    [['--add', 'memry=1g'], 'known are like, count, memory'],
    [['--add', 'count=2'], 'needs its memory'],
    [['--count', '0'], '--count must be a number'],
  ])('names what is wrong in %j', async (flags, words) => {
    const { code, err } = await gavel('capacity', 'fit', SPEC, ...flags);
    expect([code, err]).toEqual([2, expect.stringContaining(words)]);
  });
});
