import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { TimelineEvent__Output } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import { request } from '../support/bbs.ts';
import { requireEngine } from '../support/engine.ts';
import { startReceiver } from '../support/receiver.ts';
import { forgetImage, startRegistry } from '../support/registry.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const shell = (script: string, over: Partial<TaskCreateRequest> = {}): TaskCreateRequest =>
  request({ stack: 'lucid64', action: { run: { path: '/bin/sh', args: ['-c', script] } }, ...over });

describe('the timeline of a task', () => {
  let system: TestSystem;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { 'cell-1': {} } });
  });
  afterAll(() => system.stop());

  async function finished(task_guid: string, from = system): Promise<Task__Output> {
    let task: Task__Output | undefined;
    await expect
      .poll(
        async () => {
          task = await from.tasks.GetTask({ task_guid, include_history: true });
          return task.state;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toMatch(/COMPLETED|RESOLVING/);
    return task as Task__Output;
  }

  async function run(asked: TaskCreateRequest, from = system): Promise<Task__Output> {
    return await finished((await from.tasks.DesireTask(asked)).task_guid, from);
  }

  /** Numbered without a gap, with nobody nameless, and in the order of time (one machine, so one clock). */
  async function timeline(task_guid: string, from = system): Promise<TimelineEvent__Output[]> {
    const { events, notes } = await from.tasks.GetTimeline({ task_guid });
    expect(notes).toEqual([]);
    expect(events.map(({ sequence }) => Number(sequence))).toEqual(events.map((_event, index) => index + 1));
    for (const { actor, component, kind, text } of events)
      for (const word of [actor, component, kind, text]) expect(word).not.toBe('');
    const times = events.map(({ time }) => BigInt(time));
    // A start is committed before the cell hears of it; everything else of one clock is in its order.
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)));
    return events;
  }

  const kinds = (events: readonly TimelineEvent__Output[]) => events.map(({ kind }) => kind);
  const told = async (guid: string, from = system) => kinds(await timeline(guid, from));

  it('is whole for a success, while it is live and for ever after', async () => {
    const receiver = await startReceiver();
    const asked = shell('echo out; echo -n R > /r', {
      result_file: '/r',
      outputs: ['/r'],
      completion_callback_url: receiver.url,
    });
    const { task_guid, number } = await run(asked);
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
    const whole = [
      'submitted',
      'claimed',
      'received',
      'image_ready',
      'container_created',
      'start_committed',
      'started',
      'action_started',
      'action_ended',
      'result_read',
      'outputs_archived',
      'completed',
      'callback',
      'resolved',
    ];
    // The cell alone knows these two, and tells them as long as it has them; the callback goes on meanwhile.
    const after = ['reported', 'removed'];
    await expect.poll(async () => await told(task_guid), { timeout: 20_000 }).toEqual(expect.arrayContaining(after));
    expect((await told(task_guid)).filter((kind) => !after.includes(kind))).toEqual(whole);
    const events = await timeline(number);
    expect(events[0]).toMatchObject({ component: 'client', data: { number, domain: 'test' } });
    expect(events[1]).toMatchObject({ actor: 'auctioneer', text: `placed on ${cellName('cell-1')}` });
    expect(events.find(({ kind }) => kind === 'result_read')).toMatchObject({
      text: '1 bytes from /r',
      actor: cellName('cell-1'),
    });
    expect(events.find(({ kind }) => kind === 'action_ended')?.data).toMatchObject({ exit_code: '0' });
    expect(events.find(({ kind }) => kind === 'callback')).toMatchObject({ data: { status: '200', attempt: '1' } });
    await receiver.stop();
  });

  it('is there while the task runs', async () => {
    const { task_guid } = await system.tasks.DesireTask(shell('sleep 600', { stop: { signal: 'SIGKILL' } }));
    await expect.poll(async () => await told(task_guid), { timeout: 30_000 }).toContain('action_started');
    expect((await told(task_guid)).at(-1)).toBe('action_started');
    await system.tasks.KillTask({ task_guid });
  });

  it('tells who cancelled, and how the cell made an end of it', async () => {
    const { task_guid } = await system.tasks.DesireTask(shell('sleep 600', { stop: { grace: { seconds: 1 } } }));
    await expect.poll(async () => await told(task_guid), { timeout: 30_000 }).toContain('action_started');
    await system.tasks.CancelTask({ task_guid, reason: 'enough' });
    await expect.poll(async () => await told(task_guid), { timeout: 30_000 }).toContain('removed');
    const events = await timeline(task_guid);
    const after = kinds(events).slice(kinds(events).indexOf('cancelled'));
    expect(after).toEqual(expect.arrayContaining(['cancelled', 'completed', 'stopping', 'action_ended', 'removed']));
    expect(events.find(({ kind }) => kind === 'cancelled')?.text).toMatch(/^cancelled by .*: enough$/);
    expect(events.find(({ kind }) => kind === 'stopping')).toMatchObject({
      cause: 'ended',
      data: { signal: 'SIGTERM' },
    });
  });

  it('tells each call of the engine and its answer when that is asked for, and nothing secret of it', async () => {
    const { task_guid } = await run(shell('exit 3', { env: [{ name: 'TOKEN', value: 'hunter2' }] }));
    await expect.poll(async () => await told(task_guid), { timeout: 30_000 }).toContain('removed');
    const { events } = await system.tasks.GetTimeline({ task_guid, engine_calls: true });
    const calls = events.filter(({ component }) => component === 'engine');
    expect(calls.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^POST \/containers\/create\?name=gavel-.*: 201 in [\d.]+ ms$/),
        expect.stringMatching(/^POST \/containers\/[0-9a-f]{64}\/start: 204 in /),
        expect.stringMatching(/^DELETE \/containers\/[0-9a-f]{64}\?.*: 204 in /),
      ]) as string[],
    );
    expect(calls.every(({ data }) => data['status'] !== '0')).toBe(true);
    expect(JSON.stringify(calls)).not.toContain('hunter2');
    // Among what the cell saw, in the order of its clock.
    const own = events.filter(({ actor, kind }) => actor === 'cell-1' && kind !== 'start_committed');
    expect(own.map(({ time }) => time)).toEqual(own.map(({ time }) => time).toSorted((a, b) => Number(a) - Number(b)));
    expect(await told(task_guid)).not.toContain('call');
  });

  it('tells a step of every action of a tree', async () => {
    const step = (script: string) => ({ run: { path: '/bin/sh', args: ['-c', script] } });
    const action = { serial: { actions: [step('true'), { try: { action: step('exit 3') } }, step('exit 4')] } };
    const { task_guid } = await run(request({ stack: 'lucid64', action }));
    const events = await timeline(task_guid);
    const steps = events
      .filter(({ component }) => component === 'action')
      .map(({ kind, data }) => [kind, data['path'], data['result']]);
    expect(steps).toEqual([
      ['action_started', 'action.serial', undefined],
      ['action_started', 'action.serial.actions[0].run', undefined],
      ['action_ended', 'action.serial.actions[0].run', 'succeeded'],
      ['action_started', 'action.serial.actions[1].try', undefined],
      ['action_started', 'action.serial.actions[1].try.action.run', undefined],
      ['action_ended', 'action.serial.actions[1].try.action.run', 'failed'],
      ['action_ended', 'action.serial.actions[1].try', 'succeeded'],
      ['action_started', 'action.serial.actions[2].run', undefined],
      ['action_ended', 'action.serial.actions[2].run', 'failed'],
      ['action_ended', 'action.serial', 'failed'],
    ]);
  });

  it('tells of a pull that failed and of every cell that gave it back', async () => {
    const { task_guid } = await run(
      shell('true', { root_fs: 'docker://127.0.0.1:1/nobody/nothing', placement_deadline: { seconds: 4 } }),
    );
    const events = await timeline(task_guid);
    expect(kinds(events).slice(0, 6)).toEqual([
      'submitted',
      'claimed',
      'received',
      'pull_failed',
      'gave_back',
      'released',
    ]);
    expect(events.find(({ kind }) => kind === 'released')).toMatchObject({
      cause: 'image_unavailable',
      actor: cellName('cell-1'),
    });
    expect(events.at(-1)).toMatchObject({ kind: 'completed', cause: 'placement_deadline', actor: 'bbs' });
  });

  it('tells what an auction that found no room was waiting for', async () => {
    const own = await startSystem({ cells: { 'cell-1': { memoryMb: 128 } } });
    try {
      const first = await own.tasks.DesireTask(shell('sleep 600', { memory_mb: 100, stop: { signal: 'SIGKILL' } }));
      await expect
        .poll(async () => (await own.tasks.GetTask({ task_guid: first.task_guid })).state, { timeout: 30_000 })
        .toBe('RUNNING');
      const { task_guid } = await own.tasks.DesireTask(shell('true', { memory_mb: 100 }));
      await expect.poll(async () => await told(task_guid, own), { timeout: 30_000 }).toContain('waiting');
      await own.tasks.KillTask({ task_guid: first.task_guid });
      await finished(task_guid, own);
      const events = await timeline(task_guid, own);
      expect(kinds(events).slice(0, 3)).toEqual(['submitted', 'waiting', 'claimed']);
      expect(events[1]).toMatchObject({ actor: 'auctioneer', text: expect.stringContaining('insufficient resources') });
      expect(events.at(-1)?.kind).toMatch(/completed|removed|reported/);
    } finally {
      await own.stop();
    }
  });

  it('tells of a placement that was given back, of the pull that went well elsewhere, and of both cells', async () => {
    const registry = await startRegistry();
    const proxy = await TcpProxy.start(Number(registry.address.split(':')[1]));
    const image = `t${Date.now()}/box`;
    await registry.push(`${image}:latest`);
    proxy.mode = 'refuse';
    const own = await startSystem({ cells: {} });
    const cells = new Map([['cell-a', await own.addCell('cell-a')]]);
    try {
      const root_fs = `docker://127.0.0.1:${proxy.port}/${image}`;
      const { task_guid } = await own.tasks.DesireTask(shell('true', { root_fs, placement_deadline: { seconds: 90 } }));
      await expect.poll(async () => await told(task_guid, own), { timeout: 60_000 }).toContain('released');
      // What the first cell saw went to the BBS with the release: the cell itself need not be there any more.
      await cells.get('cell-a')?.stop();
      proxy.mode = 'pass';
      cells.set('cell-b', await own.addCell('cell-b'));
      expect(await finished(task_guid, own)).toMatchObject({ outcome: 'succeeded', cell_id: cellName('cell-b') });
      const { events } = await own.tasks.GetTimeline({ task_guid });
      const of = (cell: string) => kinds(events.filter(({ actor }) => actor === cell));
      expect(of(cellName('cell-a')).slice(0, 4)).toEqual(['received', 'pull_failed', 'gave_back', 'released']);
      const second = of(cellName('cell-b'));
      expect(second[0]).toBe('received');
      expect(second).toEqual(expect.arrayContaining(['pull_started', 'pull_done', 'started', 'completed']));
      expect(second.indexOf('pull_done')).toBeLessThan(second.indexOf('start_committed'));
      expect(kinds(events).lastIndexOf('claimed')).toBeGreaterThan(kinds(events).lastIndexOf('released'));
    } finally {
      await own.stop();
      await forgetImage(`127.0.0.1:${proxy.port}/${image}`);
      await proxy.stop();
      await registry.close();
    }
  });

  it('tells every try of a callback', async () => {
    const receiver = await startReceiver();
    receiver.script = [503, 500];
    const { task_guid } = await run(shell('true', { completion_callback_url: receiver.url }));
    await expect.poll(async () => await told(task_guid), { timeout: 30_000 }).toContain('resolved');
    const events = (await timeline(task_guid)).filter(({ kind }) => kind === 'callback');
    expect(events.map(({ data }) => [data['attempt'], data['status']])).toEqual([
      ['1', '503'],
      ['2', '500'],
      ['3', '200'],
    ]);
    await receiver.stop();
  });
});
