import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { taskToJson } from '../../src/platform/task-json.ts';
import { FakeCluster, happyScript } from '../support/fake-task-service.ts';
import { sampleTask } from '../support/sample-task.ts';

/* The examples as their readers run them: programs of their own that import the built package by its name. */

const root = fileURLToPath(new URL('../..', import.meta.url));
// Inside the repository, so that `gavel` is the package itself.
const folder = join(root, '.run', `examples-${process.pid}`);
const children: ChildProcess[] = [];
let fake: FakeCluster;

beforeAll(() => {
  if (!existsSync(join(root, 'dist/src/client/index.js'))) throw new Error('dist/ is missing. Run: make build');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'))) {
    const source = readFileSync(join(root, 'examples', name), 'utf8');
    const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
    writeFileSync(join(folder, name.replace(/ts$/, 'mjs')), code);
  }
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  fake = await new FakeCluster().start();
});
afterEach(async () => {
  await fake.stop();
});

function start(name: string, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(folder, `${name}.mjs`)], {
    env: { ...process.env, GAVEL_SERVER: fake.address, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (bytes: Buffer) => {
    said.out += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    said.err += bytes.toString();
  });
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, said, ended };
}

const LONG = { timeout: 20_000 };

describe('the examples', () => {
  it('submit: a task, its lines and its result', async () => {
    fake.script = happyScript({ result: 'done\n' }, 100);
    const { said, ended } = start('submit');
    expect(await ended).toEqual([0, null]);
    expect(said.err).toBe('');
    expect(said.out).toContain('stdout: hello\n');
    expect(said.out).toContain('result: done\n');
  });

  it('explain: a dry run', async () => {
    const { said, ended } = start('explain');
    expect(await ended).toEqual([0, null]);
    expect(said.out).toBe('fits: it would be placed now, on cell-1\n');
    expect(fake.live.size).toBe(0);
  });

  it('sync-context: an interrupt cancels the task, and ends the program as it would have', async () => {
    const { child, said, ended } = start('sync-context');
    await expect.poll(() => fake.holds.length, LONG).toBe(1);
    await expect.poll(() => fake.calls, LONG).toContain('WatchTasks');
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    expect(said.out).toContain('interrupted: the task was cancelled\n');
    const [task] = [...fake.live.values()];
    expect(task?.outcome).toBe('cancelled');
    expect(fake.ends[0]?.reason).toMatch(/^its client .+@.+ \(pid \d+\) was interrupted \(SIGINT\)$/);
    expect(fake.holds.at(-1)).toMatchObject({ release: true, task_guids: [task?.task_guid] });
  });

  it('sync-context: leaving in good order leaves the lease', async () => {
    fake.script = happyScript({}, 300);
    const { said, ended } = start('sync-context');
    expect(await ended).toEqual([0, null]);
    expect(said.out).toContain('ended: succeeded\n');
    expect(fake.holds.map(({ release }) => release)).toEqual([false, true]);
    expect(fake.ends).toEqual([]);
  });

  it('receiver: takes what is signed, once, and nothing else', async () => {
    const secret = `whsec_${Buffer.from('a secret of some length').toString('base64')}`;
    const { said } = start('receiver', { GAVEL_CALLBACK_SECRET: secret, PORT: '0' });
    await expect.poll(() => said.out, LONG).toContain('listening on');
    const port = /"port":(\d+)/.exec(said.out)?.[1] ?? '';
    const body = taskToJson(sampleTask({ state: 'COMPLETED', outcome: 'succeeded', result: 'forty-two' }));
    const send = async (over: Record<string, string> = {}) => {
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      const right = createHmac('sha256', key).update(`uid-1.${timestamp}.${body}`).digest('base64');
      const headers = { 'webhook-id': 'uid-1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${right}` };
      const answer = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        body,
        headers: { ...headers, ...over },
      });
      return answer.status;
    };
    expect(await send()).toBe(200);
    expect(await send()).toBe(200);
    expect(await send({ 'webhook-signature': 'v1,AAAA' })).toBe(401);
    expect(said.out.match(/task some-guid: succeeded forty-two/g)).toHaveLength(1);
  });
});
