import { describe, expect, it } from 'vitest';
import { encodeDefinition } from '../../../bbs/codec.ts';
import { fullTask, LiveTask, Spec } from '../../../bbs/live-task.ts';
import type { TaskDefinition } from '../../../src/domain/task.ts';
import { newTask } from '../../../src/domain/task-machine.ts';
import { definitionFromWire, definitionToWire, taskFromWire, taskToWire } from '../../../src/rpc/codec.ts';
import { serviceDefinition } from '../../../src/rpc/descriptors.ts';
import { encodeAnswer, joinMessage } from '../../../src/rpc/encoded.ts';
import type { ListTasksResponse__Output } from '../../../src/rpc/gen/gavel/v1/ListTasksResponse.ts';
import type { Task__Output } from '../../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest__Output } from '../../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { sampleTask } from '../../support/sample-task.ts';

const DesireTask = serviceDefinition('TaskService')['DesireTask'];

const definition: TaskDefinition = {
  ...definitionFromWire(
    DesireTask?.requestDeserialize(
      DesireTask.requestSerialize(
        definitionToWire(
          sampleTask({ annotation: 'ünïcode', max_run_time: '1.5s', stop: { signal: 'TERM', grace: '3s' } }),
        ),
      ),
    ) as TaskCreateRequest__Output,
  ),
  image_password: 'secret',
};

function live(): LiveTask {
  const birth = { uid: 'u', number: 7, created_by: 'me', now: 1_764_000_000_123_456_789n };
  const status = {
    ...newTask(definition, birth),
    first_completed_at: -1n,
    exit_code: 0,
    nonce: 'of the fence',
    usage: { peak_memory_bytes: 2 ** 40, disk_bytes: 1, run_time: '2.5s' },
  };
  return new LiveTask(status, 2 ** 40, 'w', new Spec(encodeDefinition(definition)));
}

describe('a live task', () => {
  const decode = (bytes: Buffer) => serviceDefinition('TaskService')['GetTask']?.responseDeserialize(bytes);

  it('is on the wire what its fields are, put together of two halves', () => {
    const task = live();
    const whole = decode(encodeAnswer('TaskService', 'GetTask', taskToWire(fullTask(task))));
    expect(decode(task.answer.bytes)).toEqual(whole);
    expect(taskFromWire(decode(task.answer.bytes) as Task__Output)).toMatchObject({
      created_at: 1_764_000_000_123_456_789n,
      exit_code: 0,
      image_password: '***',
    });
    expect(task.answer.bytes.includes('secret')).toBe(false);
    expect(task.answer.bytes.includes('of the fence')).toBe(false);
  });

  it('is one of a list of bytes', () => {
    const { bytes } = live().answer;
    const rest = encodeAnswer('TaskService', 'ListTasks', { next_page_token: '7', total: 3 });
    const list = serviceDefinition('TaskService')['ListTasks']?.responseDeserialize(
      joinMessage(
        [
          [1, bytes],
          [1, bytes],
        ],
        rest,
      ),
    ) as ListTasksResponse__Output;
    expect(list).toMatchObject({ next_page_token: '7', total: '3' });
    expect(list.tasks).toEqual([decode(bytes), decode(bytes)]);
  });

  it('keeps only so many definitions parsed', () => {
    const specs = Array.from({ length: 2_500 }, () => new Spec(encodeDefinition(definition)));
    const [first] = specs.map((spec) => spec.definition);
    expect(specs[0]?.definition).not.toBe(first);
    expect(specs[0]?.definition).toEqual(first);
    expect(specs[2_499]?.definition).toBe(specs[2_499]?.definition);
  });
});
