import { describe, expect, it } from 'vitest';
import { processOf } from '../../../cells/executor/actions/root.ts';
import { limitsInForce, runSpec } from '../../../cells/executor/container-spec.ts';
import { endingOf, exitText } from '../../../cells/executor/ending.ts';
import { FakeRuntime } from '../../../cells/executor/fake-runtime.ts';
import { termsOf } from '../../../cells/executor/terms.ts';
import { cutUtf8, toText } from '../../../cells/executor/text.ts';
import type { TaskDefinition } from '../../../src/domain/task.ts';
import { runTask } from '../../support/fake-bbs.ts';

const cell = {
  cellId: 'c',
  allowPrivileged: false,
  defaultNetwork: 'bridge' as const,
  instanceIp: '10.1.2.3',
  hasCertificates: true,
};
const placement = { uid: 'u', attempt: 'a' };

function specOf(task: TaskDefinition, policy = cell) {
  const run = processOf(task.action);
  if (run === undefined) throw new Error('not a run action');
  return runSpec(task, run, placement, 'image', policy);
}

describe('a run action as a container', () => {
  it('carries everything that was asked for', () => {
    const task = runTask(
      { A: 'task', B: 'task' },
      {
        task_guid: 'g',
        cpu_weight: 57,
        memory_mb: 128,
        disk_mb: 1_024,
        max_pids: 50,
        network: { mode: 'none', properties: {} },
        run: {
          path: '/bin/sh',
          args: ['-c', 'x'],
          dir: '/work',
          user: 'vcap',
          env: [
            { name: 'B', value: 'action' },
            { name: 'GAVEL_CELL_ID', value: 'forged' },
          ],
          resource_limits: { nofile: 99 },
        },
      },
    );
    expect(specOf(task)).toEqual({
      name: 'gavel-u-a',
      image: 'image',
      labels: { 'gavel.cell': 'c', 'gavel.guid': 'g', 'gavel.uid': 'u', 'gavel.attempt': 'a' },
      path: '/bin/sh',
      args: ['-c', 'x'],
      env: [
        'A=task',
        'B=task',
        'B=action',
        'GAVEL_CELL_ID=forged',
        'CF_INSTANCE_IP=10.1.2.3',
        'CF_INSTANCE_INTERNAL_IP=',
        'CF_INSTANCE_PORT=',
        'CF_INSTANCE_ADDR=',
        'CF_INSTANCE_PORTS=[]',
        'GAVEL_TASK_GUID=g',
        'GAVEL_TASK_ATTEMPT=a',
        'GAVEL_CELL_ID=c',
      ],
      dir: '/work',
      user: 'vcap',
      privileged: false,
      limits: { memoryBytes: 128 * 2 ** 20, diskBytes: 2 ** 30, cpuShares: 583, pids: 50, nofile: 99 },
      network: 'none',
    });
  });

  it('says which limits are real', async () => {
    const task = runTask({}, { memory_mb: 128, disk_mb: 1_024, cpu_weight: 57 });
    const engine = await new FakeRuntime({ info: { storageDriver: 'overlay2', backingFilesystem: 'extfs' } }).info();
    expect(limitsInForce(specOf(task), task, engine)).toEqual({
      memory: '128 MB, no swap',
      cpu_shares: '583',
      disk: '1024 MB (measured: storage driver overlay2 on extfs has no quota)',
      network: 'bridge',
      egress: 'denied',
    });
    expect(limitsInForce(specOf(task), task, { ...engine, diskLimit: 'quota' })['disk']).toBe('1024 MB (quota)');
  });

  it('is privileged only where the cell allows it', () => {
    const task = runTask({}, { privileged: true });
    expect(() => specOf(task)).toThrow('cell c runs no privileged tasks');
    expect(specOf(task, { ...cell, allowPrivileged: true }).privileged).toBe(true);
  });
});

describe('an exit', () => {
  const state = {
    status: 'exited' as const,
    startedAt: 1_000_000_000n,
    finishedAt: 2_500_000_000n,
    exit: undefined,
    restartCount: 0,
  };
  const terms = termsOf(runTask({}, { max_run_time: '90s', log_source: '' }));
  const exit = (exitCode: number, oomKilled = false, error = '') => ({ exitCode, oomKilled, error });

  it('is judged by its code, and by nothing else', () => {
    expect(endingOf(exit(0, true), state, terms, undefined)).toMatchObject({
      outcome: 'succeeded',
      oom_killed: true,
      usage: { run_time: '1.5s' },
    });
    expect(endingOf(exit(137), state, terms, undefined)).toMatchObject({
      failure_reason: 'LOG: Exited with status 137',
      failure_code: 'exit',
    });
    expect(endingOf(exit(137, true), state, terms, undefined)).toMatchObject({
      failure_reason: 'LOG: Exited with status 137 (out of memory)',
      failure_code: 'oom',
    });
    expect(endingOf(exit(127, false, 'command not found: /x'), state, terms, undefined)).toMatchObject({
      outcome: 'failed',
      failure_reason: 'LOG: command not found: /x',
      failure_code: 'command_not_found',
    });
    expect(endingOf(exit(143), state, terms, 'timed_out')).toMatchObject({
      outcome: 'timed_out',
      failure_reason: 'exceeded 1m30s timeout',
      exit_code: 143,
    });
    expect(exitText('Exit status', exit(0, true))).toBe('Exit status 0');
  });
});

describe('text of bytes', () => {
  it('is cut between characters', () => {
    const bytes = Buffer.from('aé€😀');
    expect([1, 2, 3, 5, 6, 9, 10].map((most) => cutUtf8(bytes, most).toString())).toEqual([
      'a',
      'a',
      'aé',
      'aé',
      'aé€',
      'aé€',
      'aé€😀',
    ]);
    expect(cutUtf8(Buffer.alloc(10, 0x80), 5)).toHaveLength(5);
  });

  it('is never longer than asked, also when what is no UTF-8 grows', () => {
    const { text, cut } = toText(Buffer.alloc(10, 0xff), 10);
    expect(text).toBe('\ufffd'.repeat(3));
    expect(cut).toBe(true);
    expect(toText(Buffer.from('x'.repeat(11)), 10)).toEqual({ text: 'x'.repeat(10), cut: true });
    expect(toText(Buffer.from('exactly 10'), 10)).toEqual({ text: 'exactly 10', cut: false });
  });
});
