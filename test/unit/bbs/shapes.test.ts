import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeDefinition, encodeDefinition, toldDefinition, toldStatus } from '../../../bbs/codec.ts';
import { digestOf } from '../../../bbs/differences.ts';
import { fullTask, LiveTask, Spec } from '../../../bbs/live-task.ts';
import type { TaskDefinition, TaskStatus } from '../../../src/domain/task.ts';
import { type Command, decide, newTask } from '../../../src/domain/task-machine.ts';
import { TASK_FIELDS } from '../../../src/platform/task-json.ts';
import { definitionFromWire, definitionText, statusText } from '../../../src/rpc/codec.ts';
import { serviceDefinition } from '../../../src/rpc/descriptors.ts';
import { SUCCEEDED } from '../../support/sample-task.ts';

/*
 * Objects that all tasks go through have few shapes (V8's hidden classes): with one of its own for each, whoever reads them looks up every
 * field, which nobody sees but in a profile (`docs/performance.md`).
 */

setFlagsFromString('--allow-natives-syntax');
// The one way to V8's own word for it.
const sameShape = runInThisContext('(a, b) => %HaveSameMap(a, b)') as (a: object, b: object) => boolean;

function shapes(objects: readonly object[]): number {
  const kinds: object[] = [];
  for (const object of objects) if (!kinds.some((kind) => sameShape(kind, object))) kinds.push(object);
  return kinds.length;
}

const { requestSerialize, requestDeserialize } = serviceDefinition('TaskService')['DesireTask'] ?? never();

function never(): never {
  throw new Error('there is no such method');
}

function asked(at: number, more: object = {}): TaskDefinition {
  const request = { task_guid: `g-${at}`, domain: 'd', root_fs: 'docker:x', action: { run: { path: '/x' } }, ...more };
  return definitionFromWire(requestDeserialize(requestSerialize(request)) as Parameters<typeof definitionFromWire>[0]);
}

const cell = { cell_id: 'c', attempt: 'a', epoch: 5 };
const LIFE: readonly Command[] = [
  { type: 'claim', ...cell },
  { type: 'start', ...cell, nonce: 'n', image_digest: 'd', limits_in_force: { memory: '1 MB' } },
  { type: 'complete', cell_id: 'c', attempt: 'a', ending: SUCCEEDED },
  { type: 'resolve' },
];

function life(definition: TaskDefinition, number: number): TaskStatus[] {
  const told = [newTask(definition, { uid: `u-${number}`, number, created_by: 'me', now: 1n })];
  for (const command of LIFE) {
    const decision = decide(told.at(-1) ?? never(), command, 2n);
    told.push((decision.kind === 'write' ? decision.after : undefined) ?? never());
  }
  return told;
}

describe('shapes', () => {
  const definitions = Array.from({ length: 200 }, (_, at) => asked(at));
  const statuses = definitions.map(life);

  it('of definitions: one, however they were read', () => {
    expect(shapes(definitions)).toBe(1);
    expect(shapes(definitions.map((each) => decodeDefinition(encodeDefinition(each))))).toBe(1);
    expect(shapes(definitions.map((each) => toldDefinition(definitionText(each))))).toBe(1);
    expect(shapes(definitions.map((_, at) => asked(at, { max_run_time: { seconds: '3' }, network: {} })))).toBe(1);
  });

  it('of statuses: one before the end and one after it', () => {
    expect(shapes(statuses.flatMap((told) => told.slice(0, 3)))).toBe(1);
    expect(shapes(statuses.flatMap((told) => told.slice(3)))).toBe(1);
    const waiting = statuses.flatMap((told) => told.slice(0, 1));
    // V8 may still be finding out what kinds of values the fields have.
    expect(shapes(waiting.map((each) => toldStatus(statusText(each, 1))))).toBeLessThan(4);
  });

  it('of whole tasks: one', () => {
    const whole = statuses.map((told, at) => {
      const definition = definitions[at] ?? never();
      return fullTask(new LiveTask(told.at(-1) ?? never(), 7, new Spec(encodeDefinition(definition), definition)));
    });
    expect(shapes(whole)).toBe(1);
  });
});

it('a whole task has every field that there is, from the request and from the status', () => {
  const definition = asked(1, {
    log_rate_limit: { bytes_per_second: 5 },
    network: { mode: 'none' },
    max_run_time: { seconds: '3' },
    placement_deadline: { seconds: '3' },
    stop: { signal: 'SIGTERM' },
  });
  const usage = { peak_memory_bytes: 1, disk_bytes: 1 };
  const status = { ...(life(definition, 1).at(-1) ?? never()), usage };
  const task = fullTask(new LiveTask(status, 7, new Spec(encodeDefinition(definition), definition)));
  expect(Object.keys(task).toSorted()).toEqual(Object.keys(TASK_FIELDS).toSorted());
});

describe('the digest of a request', () => {
  it('is the one that stored requests have', () => {
    const more = {
      root_fs: '',
      rootfs: 'docker:x',
      stack: 's',
      env: [{ name: 'A', value: 'b' }],
      action: { run: { path: '/x', args: ['a'], env: [{ name: 'q', value: 'w' }] } },
      network: { mode: 'none' },
      max_run_time: { seconds: '3' },
      stop: { signal: 'SIGTERM', grace: { seconds: '1' } },
      log_rate_limit: { bytes_per_second: 5 },
      labels: { a: 'b' },
      egress_rules: [{ protocol: 'tcp', destinations: ['1.2.3.4'], ports: [1] }],
      request_key: 'k',
    };
    expect(digestOf(asked(0, { ...more, task_guid: 'g' }))).toBe(
      'f41e8765816097f8ce1aedb33e098c3ea17311b992b4caf69bdb117fac5a7133',
    );
  });
});
