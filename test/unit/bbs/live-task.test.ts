import { describe, expect, it } from 'vitest';
import { decodeStatus, encodeDefinition, encodeStatus } from '../../../bbs/codec.ts';
import { definitionOf, fullTask, LiveTask, Spec } from '../../../bbs/live-task.ts';
import type { TaskDefinition, TaskStatus } from '../../../src/domain/task.ts';
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
  return new LiveTask(status, 2 ** 40, new Spec(encodeDefinition(definition)));
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

describe('a task that lies there', () => {
  const birth = { uid: 'u', number: 7, created_by: 'me', traceparent: '00-a-b-01', now: 1_764_000_000_123_456_789n };
  const asStored = (status: TaskStatus) => decodeStatus(encodeStatus(status, '0123456789abcdef')).status;
  const lying = (status: TaskStatus, of: TaskDefinition = definition) => {
    const spec = new Spec(encodeDefinition(of));
    spec.rest();
    return LiveTask.lying(asStored(status), 9, spec);
  };

  it('gives its status back of the bytes it lies there as', () => {
    const waiting = { ...newTask(definition, birth), rejection_count: 2, rejection_reason: 'ünïcode', request_id: 'r' };
    const task = lying(waiting);
    expect(task.status).toEqual(waiting);
    expect(task).toMatchObject({ guid: waiting.task_guid, number: 7, state: 'PENDING', waitsForCell: true });
    expect(task.answer.bytes).toEqual(new LiveTask(waiting, 9, new Spec(encodeDefinition(definition))).answer.bytes);
  });

  it('loses nothing that readers are not told', () => {
    const born = newTask(definition, birth);
    const inside: Partial<TaskStatus>[] = [
      { epoch: 7 },
      { nonce: 'n' },
      { not_before: 5n },
      { awaiting_input: true },
      { notes: { labels: { a: null }, annotation: 'x' } },
      { stop_request: { reason: 'r' } },
      { trail: [] },
      { limits_in_force: { memory: '1' } },
      { state: 'CLAIMED', cell_id: 'c', epoch: 3, nonce: 'n', attempt: 'a', claimed_at: 8n },
      { state: 'COMPLETED', outcome: 'failed', exit_code: 0, usage: { peak_memory_bytes: 1, disk_bytes: 2 } },
      { of_a_later_version: 'x' } as Partial<TaskStatus>,
    ];
    for (const over of inside) expect(lying({ ...born, ...over }).status).toEqual({ ...born, ...over });
    expect(lying({ ...born, awaiting_input: true }).waitsForCell).toBe(false);
  });

  it('gives its definition back, also what readers are not told of it', () => {
    const plain = { ...definition, image_password: '' };
    const others: TaskDefinition[] = [
      definition,
      plain,
      { ...plain, stop: { signal: 'TERM', at: 'checkpoint' } },
      { ...plain, placement_deadline: '5m' },
      { ...plain, of_a_later_version: 'x' } as TaskDefinition,
    ];
    for (const one of others) expect(definitionOf(lying(newTask(one, birth), one))).toEqual(one);
    const mentions = (one: TaskDefinition) => lying(newTask(one, birth), one).spec?.mentionsDeadline;
    expect(mentions({ ...plain, placement_deadline: '0.5s' })).toBe(true);
    const { placement_deadline: _none, ...without } = plain;
    expect(mentions(without)).toBe(false);
  });

  it('is bytes again when so many others were asked for, and then the same as before', () => {
    const tasks = Array.from({ length: 2_500 }, () => lying(newTask(definition, birth)));
    const [first] = tasks.map((task) => task.status);
    expect(tasks[0]?.status).not.toBe(first);
    expect(tasks[0]?.status).toEqual(first);
    expect(tasks[2_499]?.status).toBe(tasks[2_499]?.status);
  });

  it('is told as lost when its definition cannot be read', () => {
    const spec = new Spec('{"v":2}');
    spec.rest();
    const task = LiveTask.lying(newTask(definition, birth), 9, spec);
    expect(definitionOf(task).description).toMatch(/deleted from the store, or cannot be read/);
    expect(task.answer.bytes.includes('cannot be read')).toBe(true);
  });
});
