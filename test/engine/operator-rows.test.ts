import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { IMAGE, LONG, operatorsSystem, TOO_LARGE_NOW } from '../support/operator.ts';
import { onTerminal } from '../support/pty.ts';

/*
 * The promises of the BOSH director (B), row by row of design/operator.md, on real parts and a real engine. Those that need neither, or
 * servers that restart: cli-transcripts, cli-operator (integration), operator-restart (e2e).
 */

const world = operatorsSystem();
const { env, going, gavel, submit, running } = world;

describe('BOSH', () => {
  it('B1 B2 a task outlives the command that started it, which told its number', async () => {
    const main = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
    const child = spawn(
      process.execPath,
      [main, 'run', IMAGE, '--name', 'outlives', '--', 'sh', '-c', 'sleep 2; exit 0'],
      {
        env: { ...process.env, ...env() },
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
    expect((await world.client.task('outlives').wait({ timeoutMs: 60_000 })).outcome).toBe('succeeded');
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
    const runtime = (await gavel('task', String(task.number), '--runtime')).out;
    expect(runtime).toContain(' -- runtime: ');
    expect(runtime).toMatch(
      / -- engine: call: POST \/containers\/create\?name=\S+: 201 in [\d.]+ ms body=\{.*answer=\{/,
    );
  });

  it('B20 B35 every mode of a finished task replays and exits; the runtime says what became of its container', async () => {
    const task = await submit('echo out; echo made > /tmp/r', { domain: 'b35', result_file: '/tmp/r' });
    await task.wait({ timeoutMs: 60_000 });
    const mode = async (flag: string) => await gavel('task', String(task.number), flag);
    expect((await mode('--event')).out).toContain('Result: 5 bytes from /tmp/r');
    expect((await mode('--debug')).out).toContain(' -- auctioneer: claimed: ');
    expect((await mode('--result')).out).toBe('made\n');
    for (const flag of ['--event', '--debug', '--runtime', '--result']) expect((await mode(flag)).code).toBe(0);
    await expect.poll(async () => (await mode('--runtime')).out, LONG).toContain(': removed: ');
    const { out } = await mode('--cpi');
    const kinds = out.split('\n').flatMap((line) => /-- \w+: (\w+): /.exec(line)?.[1] ?? []);
    for (const kind of ['image_ready', 'container_created', 'started', 'action_ended', 'removed'])
      expect(kinds).toContain(kind);
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
      env: env(),
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

  it('B24 a cancel takes effect at the next checkpoint: the step that runs ends, the next does not begin', async () => {
    const step = (script: string) => ({ run: { path: '/bin/sh', args: ['-c', script] } });
    const steps = [step('echo one begins; sleep 2; echo one ended'), step('echo two')];
    const task = await submit('', {
      domain: 'b24',
      action: { serial: { actions: steps } },
      stop: { at: 'checkpoint' },
    });
    await expect.poll(async () => (await gavel('logs', task.id)).out, LONG).toContain('one begins');
    const asked = await gavel('cancel', 'task', String(task.number), '--reason', 'enough');
    expect(asked).toMatchObject({
      code: 0,
      out: expect.stringContaining('is stopping: it waits for the end of the step'),
    });
    expect((await gavel('tasks', '--domain', 'b24')).out).toMatch(/^\d+ +stopping /m);
    expect(await task.info()).toMatchObject({ state: 'RUNNING', outcome: '' });
    expect(await task.wait({ timeoutMs: 60_000 })).toMatchObject({
      outcome: 'cancelled',
      failure_reason: 'task was cancelled: enough',
    });
    const { out } = await gavel('logs', task.id);
    expect(out).toBe('one begins\none ended\n');
  });

  it('B24 a kill does not wait for a checkpoint, also after a cancel that does', async () => {
    const step = { run: { path: '/bin/sleep', args: ['60'] } };
    const task = await submit('', { action: { serial: { actions: [step, step] } }, stop: { at: 'checkpoint' } });
    await running(task.id);
    await gavel('cancel', task.id);
    expect((await gavel('kill', task.id, '-y', '--wait', '30s')).code).toBe(0);
    expect(await task.info()).toMatchObject({ outcome: 'cancelled', failure_reason: 'task was cancelled' });
  });

  it('B15 what a scheduler made is in the list', async () => {
    const over = { domain: 'b15', description: 'scheduled SnapshotDeployments', labels: { 'gavel.kind': 'scheduled' } };
    const task = await submit('sleep 60', over);
    expect((await gavel('tasks', '--domain', 'b15')).out).toMatch(/ scheduled SnapshotDeployments$/m);
    expect((await gavel('tasks', '--kind', 'scheduled', '-o', 'name')).out).toBe(`${task.id}\n`);
    await task.kill();
  });

  it('B33 the reason names the limit that was passed', async () => {
    const task = await submit('sleep 60', { domain: 'b33', max_run_time: '1s', stop: { grace: '0s' } });
    expect((await gavel('wait', task.id)).code).toBe(8);
    expect((await gavel('tasks', 'recent', '--domain', 'b33')).out).toMatch(/Timed Out.+exceeded 1s timeout$/m);
  });

  it('B37 explain counts those that are ahead', async () => {
    const big = await submit('sleep 60', { domain: 'b37', memory_mb: 900 });
    await running(big.id);
    const queue = [];
    for (let at = 0; at < 3; at += 1) queue.push(await submit('true', { domain: 'b37', ...TOO_LARGE_NOW }));
    const last = queue.at(-1);
    await expect.poll(async () => (await gavel('explain', last?.id ?? '')).out, LONG).toContain('2 ahead');
    await gavel('kill', '--domain', 'b37', '-y');
  });

  it('B26 B36 the word orders, and that a finished task cannot be cancelled', async () => {
    const task = await submit('true', { domain: 'b26' });
    await task.wait({ timeoutMs: 60_000 });
    for (const order of [['cancel', 'task'], ['task', 'cancel'], ['cancel']]) {
      const { code, err } = await gavel(...order, String(task.number));
      expect(code).toBe(4);
      expect(err).toMatch(/has ended already: succeeded at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
    }
  });

  it('B28 B30 B32 done and error; recent has as many as asked for', async () => {
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

  it('B1 a wait ends with the outcome as its exit code, before, while and after', async () => {
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

describe('what runs', () => {
  it('is measured, and runs one more command where the cell allows it, which its timeline tells', async () => {
    const task = await submit('while :; do :; done', { env: [{ name: 'OF', value: 'the task' }], memory_mb: 32 });
    const tree = await submit('', { action: { serial: { actions: [{ run: { path: 'sleep', args: ['60'] } }] } } });
    await Promise.all([running(task.id), running(tree.id)]);
    const top = JSON.parse((await gavel('tasks', 'top', task.id, '-o', 'json')).out);
    expect(top.items[0]).toMatchObject({ number: task.number, memory_mb: 32, memory_bytes: expect.any(Number) });
    expect(top.items[0].cpu_cores).toBeGreaterThan(0);
    expect((await gavel('cells', 'top')).out).toContain('1 cell');
    const script = 'echo "$OF, $MORE"; echo oops >&2; exit 4';
    expect(await gavel('tasks', 'exec', task.id, '-e', 'MORE=more', '--', 'sh', '-c', script)).toEqual({
      code: 4,
      out: 'the task, more\n',
      err: 'oops\n',
    });
    expect((await gavel('tasks', 'exec', tree.id, '--', 'echo', 'in a tree')).out).toBe('in a tree\n');
    // Whoever goes takes the command along, however quiet it is.
    for (const { id } of [task, tree]) {
      const leaving = new AbortController();
      const left = world.client.task(id).exec(['sleep', '4321'], { signal: leaving.signal })[Symbol.asyncIterator]();
      const next = left.next();
      const ps = async () => (await gavel('tasks', 'exec', id, '--', 'ps')).out;
      await expect.poll(ps, LONG).toContain('sleep 4321');
      leaving.abort();
      await expect(next).rejects.toMatchObject({ code: 'cancelled' });
      await expect.poll(ps, LONG).not.toContain('sleep 4321');
    }
    const { out } = await gavel('tasks', 'events', task.id);
    expect(out).toContain('local runs sh -c');
    expect(out).toMatch(/exec_ended .*ended with 4/);
    expect(out).toContain('sleep 4321 was broken off');
    await gavel('kill', task.id, tree.id, '-y');
    await expect.poll(async () => (await gavel('tasks', 'exec', task.id, '--', 'true')).code, LONG).toBe(4);
  });
});
