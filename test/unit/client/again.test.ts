import { describe, expect, it } from 'vitest';
import { taskDifferences } from '../../../src/client/diff.ts';
import { receiptOf, verifyReceipt } from '../../../src/client/receipt.ts';
import { RERUN_LABEL, respec } from '../../../src/client/rerun.ts';
import { toJson } from '../../../src/platform/json.ts';
import { sampleTask } from '../../support/sample-task.ts';

const task = sampleTask({
  task_guid: 'first',
  number: 766,
  request_key: 'k',
  env: [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ],
  memory_mb: 64,
  labels: { team: 'x' },
  max_run_time: '300s',
});

describe('a rerun', () => {
  it('asks for the same, as another task that names the first', () => {
    const { task_guid: _guid, request_key: _key, labels: _labels, ...asked } = respec(task) as typeof task;
    expect(asked).toMatchObject({ root_fs: task.root_fs, env: task.env, memory_mb: 64, max_run_time: '300s' });
    expect(respec(task)).toMatchObject({ task_guid: '', request_key: '', labels: { team: 'x', [RERUN_LABEL]: '766' } });
  });

  it('takes other values by path, in lists and in objects that are not there yet', () => {
    const changed = respec(task, {
      set: { memory_mb: 512, 'action.run.args.0': 'b', 'network.mode': 'none', 'env.0.value': '3' },
      env: { B: '4', C: '5' },
    });
    expect(changed).toMatchObject({
      memory_mb: 512,
      network: { mode: 'none' },
      action: { run: { args: ['b', 'echo hi'] } },
      env: [
        { name: 'A', value: '3' },
        { name: 'B', value: '4' },
        { name: 'C', value: '5' },
      ],
    });
  });

  it.each([
    ['memory_mbb', 1, 'memory_mbb'],
    ['memory_mb', 'much', 'memory_mb'],
    ['memory_mb.x', 1, 'memory_mb.x'],
    ['action.run.args.9', 'x', 'action.run.args.9'],
    ['state', 'PENDING', 'state'],
  ])('names the field when %s cannot be %s', (path, value, field) => {
    expect(() => respec(task, { set: { [path]: value } })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', faults: [expect.objectContaining({ field })] }),
    );
  });

  it('does not submit the asterisks that stand for a password', () => {
    const secret = { ...task, image_username: 'u', image_password: '***' };
    expect(() => respec(secret)).toThrow(/image_password/);
    expect(respec(secret, { set: { image_password: 'p' } })).toMatchObject({ image_password: 'p' });
  });
});

describe('a difference', () => {
  it('is told by path, variables by their names, and not of what is each task its own', () => {
    const other = {
      ...task,
      task_guid: 'second',
      number: 770,
      uid: 'other',
      env: [{ name: 'NEW', value: '0' }, ...task.env.slice(0, 1), { name: 'B', value: '9' }],
      memory_mb: 96,
      labels: {},
      outcome: 'failed' as const,
    };
    expect(taskDifferences(task, other)).toEqual([
      { path: 'env.B', of: 'spec', a: '2', b: '9' },
      { path: 'env.NEW', of: 'spec', a: undefined, b: '0' },
      { path: 'memory_mb', of: 'spec', a: 64, b: 96 },
      { path: 'labels.team', of: 'spec', a: 'x', b: undefined },
      { path: 'outcome', of: 'run', a: '', b: 'failed' },
    ]);
    expect(taskDifferences(task, { ...task, task_guid: 'x', number: 1 })).toEqual([]);
  });
});

describe('a receipt', () => {
  const step = (sequence: number, kind: string, time: bigint) => ({
    sequence,
    time,
    actor: 'cell-1',
    component: 'bbs',
    kind,
    text: kind,
    cause: '',
    attempt: 'a',
    data: {},
  });
  const ended = { ...task, state: 'COMPLETED' as const, outcome: 'succeeded' as const };
  const events = [
    step(1, 'submitted', 1764000000123456789n),
    step(2, 'claimed', 1764000000123456790n),
    step(3, 'start_committed', 1764000000123456791n),
  ];
  const made = receiptOf(ended, { events, notes: [] });

  it('counts claims and starts, and holds as it was made', () => {
    expect(made).toMatchObject({ claims: 1, starts: 1, started_by: 'cell-1' });
    expect(verifyReceipt(toJson(made, 2)).faults).toEqual([]);
  });

  it.each([
    ['a step', (text: string) => text.replace('"claimed"', '"claimee"')],
    ['the last digit of a time', (text: string) => text.replace('1764000000123456790', '1764000000123456792')],
    ['the outcome', (text: string) => text.replace('"succeeded"', '"failed"')],
    ['the number of starts', (text: string) => text.replace('"starts": 1', '"starts": 0')],
    ['the task', (text: string) => text.replace('"first"', '"other"')],
  ])('does not hold when %s was changed', (_what, change) => {
    const text = toJson(made, 2);
    expect(change(text)).not.toBe(text);
    expect(verifyReceipt(change(text)).faults).not.toEqual([]);
  });

  it('does not hold without one of its steps, nor with two starts', () => {
    expect(verifyReceipt(toJson({ ...made, steps: made.steps.slice(1) })).faults).not.toEqual([]);
    const twice = receiptOf(ended, { events: [...events, step(4, 'start_committed', 5n)], notes: [] });
    expect(verifyReceipt(toJson(twice)).faults).toEqual(['the task was started 2 times']);
  });

  it('is none of a task that goes on', () => {
    expect(() => receiptOf({ ...task, state: 'RUNNING' }, { events, notes: [] })).toThrow(/no receipt yet/);
  });
});
