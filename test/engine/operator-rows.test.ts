import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InterruptedError, TaskClient } from '../../src/client/index.ts';
import { CliWorld } from '../support/cli-world.ts';
import { requireEngine } from '../support/engine.ts';
import { onTerminal } from '../support/pty.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

/*
 * The promises of BOSH (B) and Inductiva (I) that people know, row by row of design/operator.md, on real parts and a real engine.
 */

let system: TestSystem;
let client: TaskClient;
beforeAll(async () => {
  await requireEngine();
  system = await startSystem();
  client = new TaskClient({ server: system.bbs.address });
}, 120_000);
afterAll(async () => {
  client.close();
  await system.stop();
}, 60_000);

async function gavel(...args: readonly string[]) {
  const cli = new CliWorld({ env: { GAVEL_SERVER: system.bbs.address } });
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

/** A command line that goes on. */
function going(...args: readonly string[]) {
  const cli = new CliWorld({ env: { GAVEL_SERVER: system.bbs.address } });
  return { cli, ended: cli.run(...args) };
}

const IMAGE = 'preloaded:busybox';
const spec = (script: string, over: object = {}) => ({
  domain: 'rows',
  root_fs: IMAGE,
  memory_mb: 16,
  action: { run: { path: '/bin/sh', args: ['-c', script] } },
  ...over,
});
const submit = async (script: string, over: object = {}) => await client.tasks.run(spec(script, over));
/** Never placed: no cell has this stack now, and it is not known to be hopeless because it is ended before. */
const TOO_LARGE_NOW = { memory_mb: 1_000 };
const LONG = { timeout: 30_000 };
const running = async (id: string) =>
  await expect.poll(async () => (await client.task(id).info()).state, LONG).toBe('RUNNING');

describe('BOSH', () => {
  it('B1 B2 a task outlives the command that started it, which told its number', async () => {
    const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
    const child = spawn(
      process.execPath,
      [main, 'run', IMAGE, '--name', 'outlives', '--', 'sh', '-c', 'sleep 2; exit 0'],
      {
        env: { ...process.env, GAVEL_SERVER: system.bbs.address },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    await expect.poll(() => said, LONG).toMatch(/Task \d+ \(outlives\)/);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect((await client.task('outlives').wait({ timeoutMs: 60_000 })).outcome).toBe('succeeded');
  });

  it('B3 the scope in use is named, and not with -q', async () => {
    const { err } = await gavel('run', IMAGE, '--domain', 'zookeeper', '--', 'true');
    expect(err).toContain("Using domain 'zookeeper'");
    expect((await gavel('run', IMAGE, '-q', '--domain', 'zookeeper', '--', 'true')).err).toBe('');
  });

  it('B4 B5 B6 B13 B14 several at once: queued and processing, newest first, counted', async () => {
    const one = await submit('sleep 60', { domain: 'b4', memory_mb: 900 });
    await running(one.id);
    const two = await submit('sleep 60', { domain: 'b4', memory_mb: 900 });
    const done = await submit('true', { domain: 'b4' });
    await done.wait({ timeoutMs: 60_000 });
    const { out } = await gavel('tasks', '--domain', 'b4');
    expect(
      out
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(/ +/)[0]),
    ).toEqual([String(two.number), String(one.number)]);
    expect(out).toContain('Total tasks running now: 2');
    const named = async (state: string) => (await gavel('tasks', '--domain', 'b4', '--state', state, '-o', 'name')).out;
    expect(await named('queued')).toBe(`${two.id}\n`);
    expect(await named('processing')).toBe(`${one.id}\n`);
    await gavel('kill', '--domain', 'b4', '-y');
  });

  it('B7 B31 what the system does for itself is hidden, counted, and shown with --no-filter', async () => {
    const task = await submit('true', { domain: 'b7', labels: { 'gavel.kind': 'system' } });
    await task.wait({ timeoutMs: 60_000 });
    const hidden = await gavel('tasks', 'recent', '--domain', 'b7');
    expect(hidden.out).toContain('Showing 0 recent tasks (1 hidden; --no-filter shows all)');
    expect((await gavel('tasks', 'recent', '--domain', 'b7', '--no-filter', '-o', 'name')).out).toBe(`${task.id}\n`);
  });

  it('B8 B9 B11 B12 the six columns, UTC, the description, the result once there is one', async () => {
    const task = await submit('sleep 3; echo made it > /tmp/r', {
      domain: 'b8',
      description: 'create deployment',
      result_file: '/tmp/r',
    });
    const before = (await gavel('tasks', '--domain', 'b8')).out;
    expect(before.split('\n')[0]?.split(/ {2,}/)).toEqual(['#', 'State', 'Timestamp', 'User', 'Description', 'Result']);
    expect(before).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    expect(before).toMatch(/create deployment$/m);
    await task.wait({ timeoutMs: 60_000 });
    expect((await gavel('tasks', 'recent', '--domain', 'b8')).out).toMatch(/create deployment {2}made it$/m);
  });

  it('B16 B17 B18 a task is joined from its start, also late, also when it is over', async () => {
    const task = await submit('echo first; sleep 1; echo last', { domain: 'b16' });
    await running(task.id);
    const { out, code } = await gavel('task', String(task.number));
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe(`Task ${task.number}`);
    for (const said of [
      'Submit: ',
      'stdout: first',
      'stdout: last',
      `Task ${task.number} done (succeeded, exit code 0)`,
    ])
      expect(out).toContain(said);
    expect((await gavel('task', String(task.number))).out).toContain('stdout: first');
  });

  it('B19 B20 B21 --debug has every part speak, --runtime the engine', async () => {
    const task = await submit('true', { domain: 'b19' });
    await task.wait({ timeoutMs: 60_000 });
    const { out } = await gavel('task', String(task.number), '--debug');
    for (const component of ['client', 'auctioneer', 'bbs']) expect(out).toContain(` -- ${component}: `);
    const lines = out.split('\n').filter((line) => /^[A-Z], /.test(line));
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) {
      expect(line).toMatch(/^[A-Z], \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z #\d+( \w+)?\] \[.*\] +[A-Z]+ -- \w+: /);
    }
    expect((await gavel('task', String(task.number), '--runtime')).out).toContain(' -- runtime: ');
  });

  it('B22 --result gives the bytes that the task wrote', async () => {
    const task = await submit('printf "exactly\\nthis" > /tmp/r', { result_file: '/tmp/r' });
    expect(await gavel('task', String(task.number), '--result')).toMatchObject({ code: 0, out: 'exactly\nthis' });
  });

  it('B23 a queued task that is cancelled never has a container', async () => {
    const big = await submit('sleep 60', { domain: 'b23', memory_mb: 900 });
    await running(big.id);
    const queued = await submit('true', { domain: 'b23', ...TOO_LARGE_NOW });
    expect((await gavel('cancel', 'task', String(queued.number))).out).toBe(`Task ${queued.number} cancelled\n`);
    expect(await queued.info()).toMatchObject({ outcome: 'cancelled', cell_id: '', started_at: 0n });
    await gavel('kill', big.id, '-y');
  });

  it('B25 Ctrl-C asks on a terminal; --on-interrupt=cancel cancels', async () => {
    const task = await submit('sleep 60', { domain: 'b25' });
    await running(task.id);
    const { screen, code } = await onTerminal(['task', String(task.number)], {
      columns: 100,
      env: { GAVEL_SERVER: system.bbs.address, NO_COLOR: '1' },
      steps: [
        ['Run: ', '\u0003'],
        ['[k]eep following? ', 'c\n'],
      ],
    });
    expect(screen).toContain('error (cancelled');
    expect(code).toBe(7);
    const other = going('run', IMAGE, '--on-interrupt=cancel', '--', 'sleep', '60');
    await expect.poll(() => other.cli.err.text, LONG).toContain('RUNNING');
    other.cli.interrupts.raise('SIGINT');
    expect(await other.ended).toBe(7);
  });

  it('B24 B26 the word orders, and that a finished task cannot be cancelled', async () => {
    const task = await submit('true', { domain: 'b26' });
    await task.wait({ timeoutMs: 60_000 });
    for (const order of [['cancel', 'task'], ['task', 'cancel'], ['cancel']]) {
      const { code, err } = await gavel(...order, String(task.number));
      expect(code).toBe(4);
      expect(err).toMatch(/has ended already: succeeded at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    }
  });

  it('B28 B29 B30 B32 done and error; recent has as many as asked for', async () => {
    const good = await submit('true', { domain: 'b28' });
    const bad = await submit('exit 3', { domain: 'b28' });
    await Promise.all([good.wait({ timeoutMs: 60_000 }), bad.wait({ timeoutMs: 60_000 })]);
    const named = async (...flags: string[]) =>
      (await gavel('tasks', 'recent', '--domain', 'b28', ...flags, '-o', 'name')).out;
    expect(await named('--state', 'done')).toBe(`${good.id}\n`);
    expect(await named('--state', 'error')).toBe(`${bad.id}\n`);
    const { out } = await gavel('tasks', 'recent', '2', '--domain', 'b28');
    expect(out).toContain('Showing 2 recent tasks');
    expect(out).toMatch(/exit code 0$/m);
    expect(out).toMatch(/Exited with status 3$/m);
    expect((await gavel('tasks', '--recent=1', '--domain', 'b28')).out).toContain('Showing 1 recent tasks');
  });

  it('B33 B34 B36 a wait ends with the outcome as its exit code, before, while and after', async () => {
    const task = await submit('sleep 1; exit 5', { domain: 'b36' });
    const waiting = going('wait', String(task.number), '--propagate');
    expect((await gavel('wait', task.id, '--for', 'running', '--timeout', '60s')).code).toBe(0);
    expect(await waiting.ended).toBe(5);
    expect((await gavel('wait', task.id)).code).toBe(1);
    const slow = await submit('sleep 60');
    expect((await gavel('wait', slow.id, '--timeout', '300ms')).code).toBe(124);
    await slow.kill();
  });
});

describe('Inductiva', () => {
  it('I1 I2 I3 I5 a submit answers at once; any session has the task by its id, and its status', async () => {
    const began = performance.now();
    const task = await submit('sleep 30');
    expect(performance.now() - began).toBeLessThan(5_000);
    const again = new TaskClient({ server: system.bbs.address });
    expect((await again.task(task.id).getStatus()).state).toMatch(/PENDING|CLAIMED|RUNNING/);
    expect((await gavel('tasks', 'status', task.id)).out).toMatch(/^(PENDING|CLAIMED|RUNNING)\n$/);
    await again.task(task.id).kill();
    again.close();
  });

  it('I6 I7 machine type and computation time, in all stages', async () => {
    const task = await submit('sleep 2', { stack: 'lucid64' });
    expect(await task.getMachineType()).toMatch(/^lucid64-\d+mb$/);
    await task.wait({ timeoutMs: 60_000 });
    expect(await task.getMachineType()).toBe('lucid64-1024mb');
    expect(await task.getComputationTime()).toMatch(/^00:00:0[1-9]$/);
    expect(await task.totalTime()).toMatch(/^00:00:[0-5]\d$/);
  });

  it('I4 every word of theirs is understood', async () => {
    for (const word of ['pending input', 'submitted', 'started', 'success', 'failed', 'pending-kill', 'killed'])
      expect((await gavel('tasks', '--state', word)).code).toBe(0);
  });

  it('I14 I18 wait answers the final status, its events arrive on the way', async () => {
    const states: string[] = [];
    const task = await submit('true');
    const ended = await task.wait({ timeoutMs: 60_000, onEvent: (event) => states.push(event.task.state) });
    expect(ended.outcome).toBe('succeeded');
    expect(states.at(-1)).toBe('COMPLETED');
  });

  it('I16 I17 I22 I23 kill asks, sends its request, tells with --wait that the container is gone', async () => {
    const task = await submit('sleep 60');
    await running(task.id);
    const question = 'Are you sure you want to proceed (y/[N])? ';
    const { screen, code } = await onTerminal(['tasks', 'kill', task.id, '--wait', '-q'], {
      columns: 80,
      env: { GAVEL_SERVER: system.bbs.address },
      steps: [[question, 'y\n']],
    });
    expect(code).toBe(0);
    expect(screen).toContain(`You are about to kill the following tasks:\n  - ${task.id}\n${question}y\n`);
    expect(screen).toContain(`Successfully sent kill request for task ${task.id}.\n`);
    expect(screen).toMatch(new RegExp(`Task ${task.id} stopped after \\d+\\.\\ds\\n`));
    expect((await gavel('tasks', 'kill', task.id, '-y')).code).toBe(4);
  });

  it('I19 I20 I21 in a context an interrupt or an exception kills the task; outside nothing does', async () => {
    const listener = () => {};
    process.on('SIGINT', listener);
    try {
      const held = await submit('sleep 60');
      const inside = held.syncContext(async (task) => await task.wait());
      const caught = inside.catch((error: unknown) => error);
      await running(held.id);
      process.emit('SIGINT');
      expect(await caught).toBeInstanceOf(InterruptedError);
      expect(await held.info()).toMatchObject({ outcome: 'cancelled' });
      expect((await held.info()).failure_reason).toMatch(
        /^task was cancelled: its client .+ was interrupted \(SIGINT\)$/,
      );
      const failing = await submit('sleep 60');
      const thrown = failing.syncContext(async () => {
        throw new Error('no more');
      });
      await expect(thrown).rejects.toThrow('no more');
      expect((await failing.info()).outcome).toBe('cancelled');
      const free = await submit('sleep 60');
      await free.syncContext(async () => {});
      expect((await free.info()).failed).toBe(false);
      await free.kill();
    } finally {
      process.removeListener('SIGINT', listener);
    }
  });

  it('I25 explain tells the place in the queue and why; a dry run that does not fit answers 9', async () => {
    const big = await submit('sleep 60', { memory_mb: 900 });
    await running(big.id);
    const queued = await submit('true', TOO_LARGE_NOW);
    await expect.poll(async () => (await gavel('explain', queued.id)).out, LONG).toContain('Queue position 1 of 1');
    const { out } = await gavel('explain', queued.id);
    expect(out).toMatch(/^cell-1\S* +memory +1000 MB asked, 124 MB free of 1 GB$/m);
    expect(out).toMatch(/^It would fit on cell-1\S* now with memory_mb 124 \(instead of 1000\)\.$/m);
    expect((await gavel('run', IMAGE, '--memory', '1000m', '--dry-run=place', '--', 'x')).code).toBe(9);
    expect((await gavel('run', IMAGE, '--memory', '50m', '--dry-run=place', '--', 'x')).code).toBe(0);
    expect((await gavel('kill', '--all', '-y')).code).toBe(0);
  });
});
