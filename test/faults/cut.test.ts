import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RoleProcess, TIMES } from '../support/processes.ts';
import { Scene, until } from './scene.ts';
import { containersOf } from './witness.ts';

/** Sections 2.2 and 2.3: cells that are cut off, paused, doubled; leaders that are paused; an etcd without a majority. */

const LOST_MS = TIMES.cellLeaseMs + TIMES.lostGraceMs;

describe('a cell that is cut off', () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open({ cells: 2, proxyCells: true });
  });
  afterAll(() => scene.close());
  afterEach(async () => {
    for (const proxy of scene.cluster.cellProxies.flat()) proxy.mode = 'pass';
    await scene.mend();
    await scene.verdict();
  });

  const cut = (mode: 'stall' | 'eat-answers' | 'eat-requests') => {
    for (const proxy of scene.cluster.cellProxies[0] ?? []) proxy.mode = mode;
  };
  const heal = () => {
    for (const proxy of scene.cluster.cellProxies[0] ?? []) {
      proxy.mode = 'pass';
      proxy.cutAll();
    }
  };
  const beating = async () => {
    const asked = scene.request((guid) => scene.ledger.beat(guid));
    const { task_guid: guid } = await scene.submit(asked);
    await scene.begun(guid);
    return guid;
  };
  const lastBeat = (guid: string) => scene.ledger.beats.get(guid) ?? 0;

  it('C01: for less than its fence: the task is not touched', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 4; exit 5'));
    await scene.begun(guid);
    cut('stall');
    await sleep(2_000);
    heal();
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 5 });
  });

  it.each([
    ['C02: for longer than the grace', 'stall'],
    ['C03: in one direction, so that it speaks and does not hear', 'eat-answers'],
    ['C03: in the other, so that it hears and is not heard', 'eat-requests'],
  ] as const)('%s: its process is dead before the task is called lost (I13)', async (_name, mode) => {
    const guid = await beating();
    cut(mode);
    const task = await scene.ended(guid, LOST_MS + 30_000);
    const calledAt = performance.now();
    expect(task.outcome).toMatch(/^(lost|infra_failed)$/);
    // Answers may be eaten while the outcome itself still came through; then its reason says that the cell stopped it.
    if (task.outcome === 'infra_failed') expect(task.failure_code).toBe('cell_fenced');
    await sleep(1_000);
    expect(lastBeat(guid)).toBeLessThan(calledAt);
    heal();
  });

  it('C09: paused for long, it returns as a zombie, and its process ends at once', async () => {
    const guid = await beating();
    scene.cell.pause();
    expect(await scene.ended(guid, LOST_MS + 30_000)).toMatchObject({ outcome: 'lost' });
    expect(performance.now() - lastBeat(guid)).toBeLessThan(10_000);
    scene.cell.resume();
    await until(
      async () => (await containersOf(scene.cluster.cellIds)).length === 0,
      20_000,
      'the end of the container',
    );
    const last = lastBeat(guid);
    await sleep(1_000);
    expect(lastBeat(guid)).toBe(last);
  });

  it('C10: a second process of the same cell takes nothing, ends nothing, and waits', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 14; exit 6'));
    await scene.begun(guid);
    const settings = { ...(await scene.settingsOf(0)), stateDir: `${scene.cluster.folder}/second` };
    const second = new RoleProcess(scene.cluster.folder, 'second', 'cell', settings, /cell\.id-taken/);
    try {
      await second.start();
      expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 6 });
      expect(second.output).not.toMatch(/cell\.registered|container\.stray|attempt\.stopping/);
    } finally {
      await second.kill();
    }
  });

  it('C11: killed, its state folder wiped, back within its lease: what runs is adopted or ended, never begun again', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 5; exit 4'));
    await scene.begun(guid);
    await scene.cell.kill();
    await scene.wipe(0);
    await scene.cell.start();
    expect((await scene.ended(guid)).outcome).toMatch(/^(failed|infra_failed)$/);
  });

  it.each(
    [
      ['before it asks to start', 'StartTasks:before=stop', /^(succeeded|unplaced)$/],
      ['with the start granted', 'StartTasks:after=stop', /^(infra_failed|lost)$/],
      ['at the door of docker start', 'engine.start:before=stop', /^lost$/],
      ['with docker start sent', 'engine.start:after=stop', /^(succeeded|lost)$/],
      ['before it reports', 'CompleteTasks:before=stop', /^(succeeded|lost)$/],
    ].slice(0) as [string, string, RegExp][],
  )('D25 E13: paused for three leases %s, then resumed', async (_name, fault, outcome) => {
    scene.cell.arm(fault);
    const { task_guid: guid } = await scene.submit(scene.request('exit 0'));
    await scene.cell.firing();
    scene.cell.arm('');
    await sleep(fault.startsWith('engine.start:before') ? LOST_MS + 3_000 : 3 * TIMES.cellLeaseMs);
    scene.cell.resume();
    expect((await scene.ended(guid)).outcome).toMatch(outcome);
    expect(scene.ledger.count(guid)).toBeLessThanOrEqual(1);
  });

  it('E16: its lease is revoked by an operator: it takes its place again and adopts', async () => {
    const { task_guid: guid } = await scene.submit(scene.request('sleep 4; exit 8'));
    await scene.begun(guid);
    await scene.revokeLease(0);
    expect(await scene.ended(guid)).toMatchObject({ outcome: 'failed', exit_code: 8 });
  });

  it('G10: cancelled at every moment of its beginning: never succeeds afterwards', async () => {
    const tasks = Array.from({ length: 12 }, async (_, at) => {
      const { task_guid: guid } = await scene.submit(scene.request('sleep 1; exit 0'));
      await sleep(at * 120);
      const told = await scene.cluster.tasks.CancelTask({ task_guid: guid }, { retry: true });
      const { outcome } = await scene.ended(guid);
      expect(outcome).toBe(told.outcome);
      return outcome;
    });
    expect(new Set(await Promise.all(tasks))).toContain('cancelled');
  });
});
