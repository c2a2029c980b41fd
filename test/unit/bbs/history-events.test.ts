import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { History, historyWrites } from '../../../bbs/history.ts';
import { openEmbeddedStore } from '../../../bbs/store/embedded.ts';
import type { Store } from '../../../bbs/store/store.ts';
import { cellEventsWrites, keptCellEvents } from '../../../bbs/timeline.ts';
import { sampleTask } from '../../support/sample-task.ts';

let store: Store;
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gavel-history-'));
  store = await openEmbeddedStore({ path: folder });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

it('what cells told of a task goes with its history record, and not before', { timeout: 30_000 }, async () => {
  const history = new History(store);
  const event = { t: '1', c: 'rep', k: 'started', x: 'started' };
  for (const number of [1, 2, 12]) {
    const task = sampleTask({ number, task_guid: `g-${number}`, uid: `u-${number}` });
    const told = ['a', 'b'].flatMap((attempt) =>
      cellEventsWrites('cell-1', attempt, [event], 'end')({ number, rejection_count: 0 }),
    );
    const sealed = historyWrites(task, BigInt(number) * 1_000_000_000n, 'client', undefined, undefined);
    await store.commit({ guards: [], writes: [...told, ...sealed] });
  }
  expect(await keptCellEvents(store, 1)).toHaveLength(2);
  expect(await history.prune({ keepMs: 5_000, keepCount: 100 }, 13_000_000_000n)).toBe(2);
  expect(await keptCellEvents(store, 1)).toEqual([]);
  expect(await keptCellEvents(store, 2)).toEqual([]);
  expect(await keptCellEvents(store, 12)).toEqual([
    { cell: 'cell-1', attempt: 'a', events: [event] },
    { cell: 'cell-1', attempt: 'b', events: [event] },
  ]);
});
