import { describe, expect, it } from 'vitest';
import { parseJson, toJson } from '../../../src/platform/json.ts';
import { taskFromJson, taskToJson } from '../../../src/platform/task-json.ts';
import { sampleTask } from '../../support/sample-task.ts';

describe('a task as JSON', () => {
  it('writes 19 digits as number literals and reads them back, to the last three', () => {
    const task = sampleTask({ created_at: 1_764_000_000_123_456_789n, updated_at: 1_764_000_000_999_999_001n });
    const text = taskToJson(task);
    expect(text).toContain('"created_at":1764000000123456789,');
    expect(text).toContain('"updated_at":1764000000999999001,');
    expect(taskFromJson(text).created_at % 1_000n).toBe(789n);
    expect(taskFromJson(text).updated_at % 1_000n).toBe(1n);
  });

  it('comes back as it went', () => {
    const task = sampleTask({
      exit_code: 0,
      usage: { peak_memory_bytes: 10, disk_bytes: 0, cpu_time: '1.5s' },
      stop: { signal: 'SIGINT', grace: '5s' },
      labels: { 'a.b/c': 'd', __proto: 'e' },
    });
    expect(taskFromJson(taskToJson(task))).toEqual(task);
  });

  it('has every field, null where nothing is set, in one order whatever order the record has', () => {
    const task = sampleTask({ labels: { b: '2', a: '1' } });
    const shuffled = Object.fromEntries(Object.entries(task).toReversed()) as unknown as typeof task;
    expect(taskToJson(shuffled)).toBe(taskToJson(task));
    const keys = Object.keys(parseJson(taskToJson(task)) as object);
    expect(keys.slice(0, 14)).toEqual([
      'task_guid',
      'domain',
      'stack',
      'root_fs',
      'env',
      'cpu_weight',
      'disk_mb',
      'memory_mb',
      'action',
      'result_file',
      'completion_callback_url',
      'log_guid',
      'log_source',
      'annotation',
    ]);
    expect(parseJson(taskToJson(task))).toMatchObject({
      exit_code: null,
      usage: null,
      network: null,
      max_run_time: null,
    });
    expect(taskToJson(task)).toContain('"labels":{"a":"1","b":"2"}');
  });

  it('keeps a label called __proto__ a label', () => {
    const labels = Object.fromEntries([['__proto__', 'x']]);
    const read = taskFromJson(taskToJson(sampleTask({ labels })));
    expect(Object.entries(read.labels)).toEqual([['__proto__', 'x']]);
  });

  it('names every field of the wrong type', () => {
    expect(() => taskFromJson('{"task_guid":1,"failed":"no","created_at":1.5}')).toThrow(
      'not a task: task_guid must be text; created_at must be a whole number of nanoseconds; failed must be true or false',
    );
    expect(() => taskFromJson('[]')).toThrow('a task is a JSON object');
  });
});

describe('JSON text', () => {
  it('keeps numbers that fit as numbers and others as bigint', () => {
    expect(parseJson('[12, -0.5, 9007199254740993, 1e3]')).toEqual([12, -0.5, 9007199254740993n, 1000]);
    expect(toJson({ a: 9007199254740993n })).toBe('{"a":9007199254740993}');
  });

  it('answers bad text with an error, not with a crash', () => {
    expect(() => parseJson('{"a":1')).toThrow('not valid JSON');
    expect(() => parseJson('{"a":1,"a":2}')).toThrow('not valid JSON');
    expect(() => parseJson('['.repeat(200_000))).toThrow('not valid JSON: nested too deeply');
  });
});
