import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { request } from '../support/bbs.ts';
import { requireEngine } from '../support/engine.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { startSystem, type TestSystem } from '../support/system.ts';

const shell = (script: string, over: Partial<TaskCreateRequest> = {}): TaskCreateRequest =>
  request({ stack: 'lucid64', action: { run: { path: '/bin/sh', args: ['-c', script] } }, ...over });

describe('a task on real parts', () => {
  let system: TestSystem;
  let receiver: Receiver;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { 'cell-1': {}, 'cell-2': {} } });
  });
  afterAll(() => system.stop());
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.stop());

  async function finished(guid: string): Promise<Task__Output> {
    let task: Task__Output | undefined;
    await expect
      .poll(
        async () => {
          task = await system.tasks.GetTask({ task_guid: guid, include_history: true });
          return task.state;
        },
        { timeout: 30_000, interval: 50 },
      )
      .toMatch(/COMPLETED|RESOLVING/);
    return task as Task__Output;
  }

  async function run(asked: TaskCreateRequest): Promise<Task__Output> {
    const made = await system.tasks.DesireTask(asked);
    return finished(made.task_guid);
  }

  async function logs(guid: string): Promise<{ text: string; entries: LogEntry__Output[] }> {
    const entries: LogEntry__Output[] = [];
    for await (const entry of system.tasks.FollowLogs({ task_guid: guid, follow: true })) entries.push(entry);
    const text = entries.map((entry) => entry.line?.text.toString() ?? '').join('\n');
    return { text, entries };
  }

  it('runs the sample request from submission to callback', async () => {
    const asked = shell('echo out; echo err >&2; echo -n "$ENV_NAME_A" > /tmp/return', {
      cpu_weight: 57,
      disk_mb: 0,
      memory_mb: 128,
      env: [{ name: 'ENV_NAME_A', value: 'ENV_VALUE_A' }],
      result_file: '/tmp/return',
      completion_callback_url: receiver.url,
      log_guid: 'some-log-guid',
      log_source: 'some-log-source',
      annotation: 'arbitrary metadata',
    });
    const task = await run(asked);
    expect(task).toMatchObject({ outcome: 'succeeded', failed: false, result: 'ENV_VALUE_A', exit_code: 0 });
    expect(task.cell_id).toMatch(/^cell-/);
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      task_guid: asked.task_guid,
      result: 'ENV_VALUE_A',
      annotation: 'arbitrary metadata',
    });
    const { text, entries } = await logs(asked.task_guid ?? '');
    expect(text).toContain('out');
    expect(text).toContain('err');
    expect(entries.at(-1)?.entry).toBe('end');
    expect(entries.at(-1)?.end).toMatchObject({ reason: '' });
  });

  it.each<[string, TaskCreateRequest, object]>([
    [
      'exit code',
      shell('exit 3', { log_source: 'APP' }),
      { outcome: 'failed', exit_code: 3, failure_reason: 'APP: Exited with status 3' },
    ],
    [
      'missing command',
      request({ action: { run: { path: '/no/such' } } }),
      { outcome: 'failed', failure_reason: expect.stringContaining('/no/such') },
    ],
    [
      'missing image',
      shell('true', { root_fs: 'docker://127.0.0.1:1/nobody/nothing', placement_deadline: { seconds: 3 } }),
      { outcome: 'unplaced', failure_reason: expect.stringContaining('127.0.0.1:1') },
    ],
    [
      'unknown preloaded',
      shell('true', { root_fs: 'preloaded:nowhere' }),
      { outcome: 'unplaced', failure_reason: 'found no compatible cell for required rootfs' },
    ],
    [
      'missing result file',
      shell('true', { result_file: '/tmp/none' }),
      { outcome: 'failed', failure_reason: expect.stringMatching(/^failed to fetch result/) },
    ],
    [
      'a FIFO as result',
      shell('mkfifo /tmp/f', { result_file: '/tmp/f' }),
      { outcome: 'failed', failure_reason: expect.stringMatching(/^failed to fetch result/) },
    ],
    [
      '/dev/zero as result',
      shell('true', { result_file: '/dev/zero' }),
      { outcome: 'failed', failure_reason: expect.stringMatching(/^failed to fetch result/) },
    ],
    [
      '100 MB result',
      shell('dd if=/dev/zero of=/tmp/big bs=1M count=100 2>/dev/null', { result_file: '/tmp/big', memory_mb: 512 }),
      { outcome: 'succeeded', result_truncated: true, result_bytes: '104857600' },
    ],
    [
      'a result of exactly what is kept',
      shell('head -c 10240 /dev/zero | tr "\\0" x > /tmp/r', { result_file: '/tmp/r' }),
      { outcome: 'succeeded', result: 'x'.repeat(10_240), result_truncated: false, result_bytes: '10240' },
    ],
    [
      'a result with a character across the edge, behind a link',
      shell('head -c 10239 /dev/zero | tr "\\0" x > /tmp/r; printf "\\303\\251" >> /tmp/r; ln -s /tmp/r /l', {
        result_file: '/l',
      }),
      { outcome: 'succeeded', result: 'x'.repeat(10_239), result_truncated: true, result_bytes: '10241' },
    ],
    [
      'a folder as result',
      shell('true', { result_file: '/tmp' }),
      { outcome: 'failed', failure_reason: expect.stringMatching(/^failed to fetch result/), result: '' },
    ],
    [
      'out of memory',
      shell('tail /dev/zero', { memory_mb: 16 }),
      { outcome: 'failed', oom_killed: true, failure_reason: expect.stringContaining('(out of memory)') },
    ],
    [
      'max_run_time',
      shell('sleep 60', { max_run_time: { seconds: 1 }, stop: { grace: { seconds: 1 } } }),
      { outcome: 'timed_out', failure_reason: 'exceeded 1s timeout' },
    ],
    [
      'missing user',
      request({ action: { run: { path: '/bin/true', user: 'nobody-here' } } }),
      { failed: true, failure_reason: expect.stringContaining('nobody-here') },
    ],
  ])('%s', async (_name, asked, expected) => {
    expect(await run(asked)).toMatchObject(expected);
  });

  it('cancels a running task: the record at once, the process within its grace', async () => {
    const made = await system.tasks.DesireTask(
      shell('trap "" TERM; echo up; sleep 300', { stop: { grace: { seconds: 1 } } }),
    );
    await expect
      .poll(async () => (await system.tasks.GetTask({ task_guid: made.task_guid })).state, { timeout: 20_000 })
      .toBe('RUNNING');
    const cancelled = await system.tasks.CancelTask({ task_guid: made.task_guid });
    expect(cancelled).toMatchObject({ state: 'COMPLETED', outcome: 'cancelled', failure_reason: 'task was cancelled' });
    const { entries } = await logs(made.task_guid);
    expect(entries.at(-1)?.entry).toBe('end');
  });
});
