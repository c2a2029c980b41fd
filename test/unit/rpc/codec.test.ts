import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/domain/action.ts';
import type { Task, TaskStatus } from '../../../src/domain/task.ts';
import {
  definitionBytes,
  definitionFromText,
  definitionFromWire,
  definitionText,
  statusFromText,
  statusText,
  taskFromWire,
  taskToWire,
} from '../../../src/rpc/codec.ts';
import { packageDefinition, serviceDefinition } from '../../../src/rpc/descriptors.ts';
import type { Task__Output } from '../../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest__Output } from '../../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { sampleTask } from '../../support/sample-task.ts';

const { responseSerialize, responseDeserialize } = serviceDefinition('TaskService')['GetTask'] as unknown as {
  responseSerialize: (value: object) => Buffer;
  responseDeserialize: (bytes: Buffer) => Task__Output;
};
const run = (sampleTask().action as Extract<Action, { run: unknown }>).run;

/** The task with all that its bytes leave out, and nothing else. */
function nothingSaid(task: Task): object {
  const empty = (value: unknown) =>
    value === '' || value === 0 || value === 0n || value === false || isEmptyList(value) || isEmptyMap(value);
  return Object.fromEntries(Object.entries(task).filter(([name, value]) => name === 'revision' || empty(value)));
}
const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
const isEmptyMap = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

describe('the codec', () => {
  it('brings a task over the wire and back, every field and every digit', () => {
    const action: Action = {
      serial: {
        log_source: 'S',
        actions: [
          { run: { ...run, resource_limits: { nofile: 9 } } },
          { timeout: { timeout_ms: 1_500, log_source: '', action: { try: { action: { run }, log_source: 'T' } } } },
          {
            emit_progress: {
              action: { run },
              start_message: 'a',
              success_message: 'b',
              failure_message_prefix: 'c',
              log_source: '',
            },
          },
          { parallel: { actions: [{ run }], log_source: '' } },
          { codependent: { actions: [{ run }], log_source: '' } },
          {
            download: {
              artifact: 'a',
              from: 'f',
              to: 't',
              cache_key: '',
              log_source: '',
              user: 'u',
              checksum_algorithm: 'md5',
              checksum_value: 'x',
            },
          },
          { upload: { artifact: 'a', from: 'f', to: 't', log_source: '', user: 'u' } },
        ],
      },
    };
    const task = sampleTask({
      action,
      state: 'COMPLETED',
      outcome: 'failed',
      exit_code: 0,
      max_run_time: '1.5s',
      placement_deadline: '60s',
      stop: { signal: 'SIGINT', grace: '0.25s' },
      network: { mode: 'none', properties: {} },
      log_rate_limit: { bytes_per_second: -1 },
      egress_rules: [
        { protocol: 'tcp', destinations: ['10.0.0.0/8'], ports: [], port_range: { start: 1, end: 2 }, log: true },
      ],
      labels: { a: 'b' },
      limits_in_force: { memory: '1' },
      usage: { peak_memory_bytes: 5, disk_bytes: 6, run_time: '3.25s' },
      first_completed_at: 1_764_000_000_987_654_321n,
    });
    expect(taskFromWire(responseDeserialize(responseSerialize(taskToWire(task))))).toEqual(task);
    // A task has the fields of both halves.
    expect(taskFromWire(responseDeserialize(definitionBytes(task)))).toEqual(task);
    expect({ ...nothingSaid(task), ...definitionFromText(definitionText(task)) }).toEqual(task);
  });

  it('writes as the generated encoder does, whatever is in a field', () => {
    const text = fc.string({ unit: 'binary' });
    const int32 = fc.integer();
    const uint32 = fc.nat(2 ** 32 - 1);
    const texts = fc.dictionary(text, text);
    const time = fc.bigInt(0n, 2n ** 63n - 1n);
    const seconds = fc.nat(10_000_000).map((ms) => `${ms / 1_000}s`);
    const anyTask = fc
      .record({
        description: text,
        env: fc.array(fc.record({ name: text, value: text })),
        outputs: fc.array(text),
        labels: texts,
        privileged: fc.boolean(),
        memory_mb: int32,
        cpu_weight: uint32,
        egress_rules: fc.array(
          fc.record({ protocol: text, destinations: fc.array(text), ports: fc.array(uint32), log: fc.boolean() }),
        ),
        log_rate_limit: fc.record({ bytes_per_second: fc.maxSafeInteger() }),
        max_run_time: seconds,
        state: fc.constantFrom('PENDING', 'RUNNING', 'RESOLVING'),
        created_at: time,
        updated_at: time,
        number: fc.maxSafeNat(),
        exit_code: fc.option(int32, { nil: undefined }),
      })
      .map(({ exit_code, ...over }) => sampleTask({ ...over, ...(exit_code === undefined ? {} : { exit_code }) }));
    fc.assert(
      fc.property(anyTask, fc.integer({ min: 1 }), (task, revision) => {
        const generated = responseDeserialize(responseSerialize(taskToWire({ ...task, revision })));
        const told = statusText(task as unknown as TaskStatus, revision);
        expect(responseDeserialize(Buffer.from(told, 'latin1'))).toEqual(generated);
        // And is read back: what is not in the bytes is what it is in an empty one.
        expect({ ...nothingSaid(task), ...statusFromText(told, {}) }).toEqual(task);
      }),
    );
  });

  it('writes texts and messages in messages of every length, and the next after one that could not be written', () => {
    for (const length of [47, 48, 49, 125, 126, 127, 128, 16_370, 16_383, 16_384, 70_000, 600_000]) {
      for (const letter of ['a', 'é', '🚀']) {
        const value = letter.repeat(length);
        const task = sampleTask({
          description: value,
          env: [{ name: 'A', value }],
          labels: { a: value },
          egress_rules: [],
        });
        expect(taskFromWire(responseDeserialize(definitionBytes(task)))).toEqual(task);
      }
      expect(() => definitionBytes({ description: 'half', env: 7 as never })).toThrow(/not iterable/);
    }
    expect(definitionBytes({})).toHaveLength(0);
  });

  it('sends nothing of a status that the message lacks', () => {
    const status = { ...sampleTask(), nonce: 'secret', epoch: 7 } as unknown as TaskStatus;
    expect(statusText(status, 1)).not.toContain('secret');
  });

  it('tells an exit code of 0 from none', () => {
    const back = (exit: object) => taskFromWire(responseDeserialize(responseSerialize(taskToWire(sampleTask(exit)))));
    expect(back({ exit_code: 0 }).exit_code).toBe(0);
    expect('exit_code' in back({})).toBe(false);
  });

  it('accepts rootfs for root_fs', () => {
    const { requestDeserialize, requestSerialize } = serviceDefinition('TaskService')['DesireTask'] as unknown as {
      requestSerialize: (value: object) => Buffer;
      requestDeserialize: (bytes: Buffer) => TaskCreateRequest__Output;
    };
    const read = (value: object) => definitionFromWire(requestDeserialize(requestSerialize(value)));
    expect(read({ rootfs: 'preloaded:x' }).root_fs).toBe('preloaded:x');
    expect(read({ rootfs: 'preloaded:x', root_fs: 'preloaded:y' }).root_fs).toBe('preloaded:y');
  });

  it('gives Task every field of the request, under the same number and type', () => {
    type Field = { name: string; number: number; type: string; typeName: string; label: string };
    const fieldsOf = (name: string) => {
      const { type } = packageDefinition[`gavel.v1.${name}`] as unknown as { type: { field: Field[] } };
      return new Map(
        type.field.map((field) => [
          field.name,
          `${field.number} ${field.label} ${field.type} ${field.typeName.split('.').at(-1)}`,
        ]),
      );
    };
    const task = fieldsOf('Task');
    const request = fieldsOf('TaskCreateRequest');
    request.delete('rootfs');
    expect(request.size).toBeGreaterThan(30);
    // Map fields are entry messages nested in their own parent, hence the last part of the type's name only.
    for (const [name, shape] of request) expect(`${name} ${task.get(name)}`).toBe(`${name} ${shape}`);
  });
});
