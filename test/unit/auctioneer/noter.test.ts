import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { needsOf } from '../../../src/auction/needs.ts';
import { Noter } from '../../../src/auctioneer/noter.ts';
import { PendingQueue } from '../../../src/auctioneer/pending-queue.ts';
import type { RejectTasksRequest } from '../../../src/rpc/gen/gavel/v1/RejectTasksRequest.ts';
import { pause, until } from './fakes.ts';

const MANY = 5_000;
/** What may be on its way back at once. */
const AHEAD = 1_000;

describe('what is told to thousands that wait', () => {
  it('comes back before more is told, so that news of other tasks never stand behind all of it', async () => {
    const queue = new PendingQueue();
    const told: string[] = [];
    const stop = new AbortController();
    const noter = new Noter({
      placement: {
        RejectTasks: async ({ items }: RejectTasksRequest) => {
          for (const { task_guid } of items ?? []) told.push(task_guid ?? '');
          return await Promise.resolve({ verdicts: (items ?? []).map(() => ({ code: '', message: '' })) });
        },
      },
      queue,
      signal: stop.signal,
      log: pino({ level: 'silent' }),
      onRefusalFailed: () => undefined,
    });
    const tasks = Array.from({ length: MANY }, (_, at) => {
      const guid = `t-${at}`;
      const rest = { memoryMb: 1, diskMb: 1, cpuWeight: 0, createdAt: at, waitingFor: '', notBeforeMs: 0 };
      return queue.add({ guid, uid: guid, domain: 'd', needs: needsOf('s', 'docker:///x', []), ...rest }).task;
    });
    for (const task of tasks) noter.waits(task, 'insufficient resources: memory', '');
    let back = 0;
    while (back < MANY) {
      await until(() => told.length > back);
      await pause(30);
      expect(told.length - back).toBeLessThanOrEqual(AHEAD);
      // Half of them come back as changes, the others have gone meanwhile, which nobody tells the noter.
      for (const guid of told.slice(back)) {
        const task = tasks[Number(guid.slice(2))];
        if (task === undefined) throw new Error(guid);
        if (back % 2 === 0) noter.seen(task);
        else queue.drop(task);
        back += 1;
      }
    }
    expect(new Set(told).size).toBe(MANY);
    stop.abort();
  });
});
