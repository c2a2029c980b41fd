import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster } from '../support/fake-task-service.ts';

/* A task that is over, taken up again: once more with a change, beside another one, as a receipt, as one file. */

let fake: FakeCluster;
let folder: string;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  folder = mkdtempSync(join(tmpdir(), 'gavel-again-'));
  fake.put({ task_guid: 'first', number: 766, memory_mb: 64, labels: { team: 'x' } });
  fake.claim('first');
  fake.finish('first', { outcome: 'failed', failure_reason: 'Exited with status 3' });
  fake.log('first', { stream: 'stdout', text: 'a "quoted" \u0007 line' });
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function gavel(...args: readonly string[]) {
  const cli = new CliWorld({ env: { GAVEL_SERVER: fake.address, HERE: 'from here' } });
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

describe('gavel tasks rerun', () => {
  it('submits the same with other values, and says of which task', async () => {
    const args = ['--set', 'memory_mb=512', '--set', 'labels.team=7', '-e', 'B=2', '-e', 'HERE'];
    expect(await gavel('tasks', 'rerun', '766', ...args)).toEqual({
      code: 0,
      out: 'Task 767 is a rerun of task 766\n',
      err: '',
    });
    const made = [...fake.live.values()].find(({ number }) => number === 767);
    expect(made).toMatchObject({ memory_mb: 512, labels: { team: '7', 'gavel.rerun_of': '766' } });
    expect(made?.env.slice(-2)).toEqual([
      { name: 'B', value: '2' },
      { name: 'HERE', value: 'from here' },
    ]);
    expect((await gavel('tasks', '-a', '--label', 'gavel.rerun_of=766', '-o', 'name')).out).toBe(
      `${made?.task_guid}\n`,
    );
  });

  it('of what a filter selects wants a yes; names wrong fields; creates nothing with --print-spec', async () => {
    expect(await gavel('tasks', 'rerun', '--state', 'error')).toMatchObject({ code: 2, out: '' });
    expect(await gavel('tasks', 'rerun', '766', '--set', 'memory_m=5')).toMatchObject({
      code: 2,
      err: expect.stringContaining('memory_m: there is no such field; did you mean memory_mb?'),
    });
    expect(JSON.parse((await gavel('tasks', 'rerun', '766', '--print-spec')).out)).toMatchObject({ memory_mb: 64 });
    expect(fake.live.size).toBe(1);
    expect((await gavel('tasks', 'rerun', '--state', 'error', '-y')).out).toBe('Task 767 is a rerun of task 766\n');
  });
});

describe('gavel tasks diff', () => {
  it('tells the places, what was asked for first', async () => {
    fake.put({ task_guid: 'second', number: 770, memory_mb: 96, labels: { team: 'x' } });
    fake.finish('second');
    const { out } = await gavel('tasks', 'diff', '766', 'second');
    expect(out.split('\n').slice(0, 3)).toEqual([
      'Field           Of    Task 766              Task 770',
      'memory_mb       spec  64                    96',
      'cell_id         run   cell-2                -',
    ]);
    expect((await gavel('tasks', 'diff', '766', 'second', '--spec-only', '-o', 'name')).out).toBe('memory_mb\n');
    expect((await gavel('tasks', 'diff', '766', '766')).out).toContain('Tasks 766 and 766 differ in 0 places');
    expect((await gavel('tasks', 'diff', '766', 'nobody')).code).toBe(3);
  });
});

describe('gavel tasks receipt', () => {
  it('holds as it was written, and not when a letter is changed', async () => {
    const file = join(folder, 'receipt.json');
    writeFileSync(file, (await gavel('tasks', 'receipt', '766')).out);
    expect(await gavel('tasks', 'receipt', '766', '--verify', file)).toMatchObject({ code: 0 });
    expect((await gavel('tasks', 'receipt', '770', '--verify', file)).code).toBe(4);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"failed"', '"succeeded"'));
    expect(await gavel('tasks', 'receipt', '--verify', file)).toMatchObject({
      code: 4,
      out: expect.stringContaining('what it says about the task was changed'),
    });
    writeFileSync(file, '{}');
    expect((await gavel('tasks', 'receipt', '--verify', file)).code).toBe(2);
  });
});

describe('gavel tasks bundle', () => {
  it('is one JSON document with all there is, and with a word for what cannot be had', async () => {
    const file = join(folder, 'b.json');
    expect(await gavel('tasks', 'bundle', '766', '--to', file)).toMatchObject({ code: 0, err: '' });
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    expect(bundle).toMatchObject({
      schema: 'bundle/v1',
      task: { number: 766 },
      timeline: { events: [] },
      cell: { cell_id: 'cell-2' },
      callback: null,
      log: [{ type: 'line', text: 'a "quoted" \u0007 line' }, { type: 'end' }],
      log_notes: [],
    });
    const { out } = await gavel('tasks', 'bundle', '766', '--to', '-');
    expect(JSON.parse(out)).toMatchObject({ task: { number: 766 } });
    expect((await gavel('tasks', 'bundle', '766', '--to', '/nowhere/x')).code).toBe(2);
  });
});
