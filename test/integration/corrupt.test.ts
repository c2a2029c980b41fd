import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import type { Write } from '../../bbs/store/store.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';

/* E17 E18: records that somebody has overwritten or deleted by hand. They cost what they are about, and nobody else anything. */

describe('a store with records that cannot be read', () => {
  let path: string;
  let bbs: TestBbs;
  const open = async () => startTestBbs({ store: { kind: 'embedded', path } });
  beforeEach(async () => {
    path = mkdtempSync(join(tmpdir(), 'gavel-corrupt-'));
    bbs = await open();
  });
  afterEach(async () => {
    await bbs.stop();
    rmSync(path, { recursive: true, force: true });
  });

  /** By hand, while no BBS runs; then one is started on it. */
  async function meddle(writes: readonly Write[]): Promise<void> {
    await bbs.stop();
    const store = await openEmbeddedStore({ path });
    await store.commit({ guards: [], writes });
    await store.close();
    bbs = await open();
  }
  const offer = (cell_id: string) => ({
    cell_id,
    preloaded_rootfs: ['busybox'],
    capacity: { memory_mb: 100, disk_mb: 100, containers: 5 },
  });
  const waiting = async () => {
    const guids: string[] = [];
    const ending = new AbortController();
    const options = { signal: ending.signal, timeoutMs: 10_000 };
    for await (const { events } of bbs.placement.WatchPending({}, options)) {
      for (const { pending } of events) if (pending) guids.push(pending.task_guid);
      if (events.some(({ synced }) => synced)) break;
    }
    return guids.sort();
  };

  it('serves all the others, tells which one is broken, and lets it be cancelled', async () => {
    const [kept, mangled, bare] = await Promise.all(
      ['kept', 'mangled', 'bare'].map(async (task_guid) => await bbs.tasks.DesireTask(request({ task_guid }))),
    );
    const garbage = Buffer.from('{"v":1,"state":');
    await meddle([
      { put: `spec/${mangled?.uid}`, value: garbage },
      { delete: `spec/${bare?.uid}` },
      { put: 'task/nonsense', value: garbage },
      { put: 'task/odd', value: Buffer.from('{"v":1}') },
      { put: 'cell/nonsense', value: garbage },
      { put: 'cell/odd', value: Buffer.from('{"v":1}') },
      { put: 'drain/nonsense', value: garbage },
      { put: 'outbox/nonsense', value: garbage },
      { put: 'history/x/y', value: garbage },
      { put: 'archive-summary/x', value: garbage },
      { put: 'request/nonsense', value: garbage },
      { put: 'events/1/x', value: garbage },
      { put: 'dead/1', value: garbage },
      { put: 'something/else', value: garbage },
    ]);
    expect(await waiting()).toContain('kept');
    const { tasks } = await bbs.tasks.ListTasks({});
    const told = Object.fromEntries(tasks.map(({ task_guid, description }) => [task_guid, description]));
    const lost = 'its definition was deleted from the store, or cannot be read';
    expect(told).toEqual({ kept: '', mangled: lost, bare: lost });
    await bbs.cluster.ListCells({});
    const { epoch } = await bbs.cells.Register({ offer: offer('cell-1'), incarnation: 'one' });
    const items = [{ task_guid: 'kept', uid: kept?.uid ?? '', cell_id: 'cell-1', epoch }];
    expect((await bbs.placement.ClaimTasks({ items })).verdicts[0]?.verdict?.code).toBe('');
    const { tasks: mine } = await bbs.cells.ListMyTasks({ cell_id: 'cell-1' });
    expect(mine).toHaveLength(1);
    await bbs.history.ListHistory({});
    await bbs.callbacks.ListCallbacks({});
    for (const guid of ['mangled', 'bare']) {
      await expect(bbs.tasks.CancelTask({ task_guid: guid })).resolves.toMatchObject({ state: 'COMPLETED' });
      await bbs.tasks.ResolveTask({ task_guid: guid });
      await bbs.tasks.DeleteTask({ task_guid: guid });
      expect((await bbs.history.GetHistory({ task_guid: guid })).task).toMatchObject({ outcome: 'cancelled' });
    }
    await bbs.tasks.DesireTask(request({ task_guid: 'new' }));
    expect(await waiting()).toEqual(['new']);
  });
});
