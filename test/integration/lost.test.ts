import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { durationMsFromWire } from '../../src/rpc/codec.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';

const LEASE_MS = 30_000;
const GRACE_MS = 4_000;

describe('what ran on a cell that is gone', () => {
  let bbs: TestBbs;
  beforeEach(async () => {
    bbs = await startTestBbs({ cellLeaseMs: LEASE_MS, tasks: { lostGraceMs: GRACE_MS } });
  });
  afterEach(async () => {
    await bbs.stop();
  });

  const register = async (incarnation: string) => {
    const capacity = { memory_mb: 1_000, disk_mb: 1_000, containers: 10 };
    return await bbs.cells.Register({ offer: { cell_id: 'c', preloaded_rootfs: ['busybox'], capacity }, incarnation });
  };

  it('has its whole grace again when the cell comes back, also where the earlier one is nearly over', async () => {
    const { epoch } = await register('one');
    const { task_guid, uid } = await bbs.tasks.DesireTask(request());
    const claimed = await bbs.placement.ClaimTasks({ items: [{ task_guid, uid, cell_id: 'c', epoch }] });
    const claim = { task_guid, attempt: claimed.verdicts[0]?.attempt ?? '' };
    await bbs.cells.StartTasks({ cell_id: 'c', epoch, items: [{ claim, nonce: 'n' }] });
    await bbs.cells.Leave({ cell_id: 'c', epoch });
    await sleep(1_000);
    const backAt = performance.now();
    await register('two');
    // It adopts nothing.
    const seen = async () => await bbs.tasks.GetTask({ task_guid });
    await vi.waitFor(async () => expect((await seen()).outcome).toBe('lost'), 20_000);
    expect(performance.now() - backAt).toBeGreaterThan(GRACE_MS - 50);
  });

  it('is what the cell is told of with each answer: the lease and the grace', async () => {
    const { epoch, lost_after: first } = await register('one');
    const { lost_after: again } = await bbs.cells.Renew({ cell_id: 'c', epoch });
    expect([first, again].map(durationMsFromWire)).toEqual([LEASE_MS + GRACE_MS, LEASE_MS + GRACE_MS]);
  });
});
