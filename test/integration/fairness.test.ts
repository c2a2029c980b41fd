import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { AsyncQueue } from '../../src/platform/async-queue.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { CellSummary } from '../../src/rpc/gen/gavel/v1/CellSummary.ts';
import { request, startTestBbs } from '../support/bbs.ts';
import { placedOn } from '../support/placed.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe('I23: two domains that want all there is', () => {
  it('have the same number of starts, though all of the one asked first and for more', async () => {
    const bbs = await startTestBbs();
    stops.push(() => bbs.stop());
    const config = auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.bbs.address] });
    const auctioneer = await startAuctioneer(config, { log: pino({ level: 'silent' }), settleMs: 100 });
    stops.push(() => auctioneer.stop());
    for (const [domain, memory_mb] of [['first', 300] as const, ['second', 100] as const]) {
      const tasks = Array.from({ length: 120 }, (_, at) =>
        request({ task_guid: `${domain}-${at}`, domain, memory_mb }),
      );
      await bbs.tasks.DesireTasks({ tasks }, { timeoutMs: 30_000 });
    }
    // A cell of 600 MB; what it has taken ends at once, and then it is empty again.
    const capacity = { memory_mb: 600, disk_mb: 1_000_000, containers: 1_000 };
    const offer = { cell_id: 'only', preloaded_rootfs: ['busybox'], capacity };
    const { epoch } = await bbs.cells.Register({ offer, incarnation: 'only' });
    const renewing = setInterval(() => void bbs.cells.Renew({ cell_id: 'only', epoch }).catch(() => undefined), 2_000);
    const [up, leaving] = [new AsyncQueue<CellSummary>(), new AbortController()];
    const claimed: string[] = [];
    up.push({ offer, epoch, free: capacity });
    const channel = new Channel({ addresses: [auctioneer.address] });
    const cell = { cell_id: 'only', epoch };
    const joining = (async () => {
      for await (const _ of channel.client('AuctionService').Join(up, { signal: leaving.signal }));
    })().catch(() => undefined);
    const reading = (async () => {
      for await (const tasks of placedOn(bbs.cells, cell, leaving.signal)) {
        claimed.push(...tasks.map(({ task_guid }) => task_guid));
        up.push({ offer, epoch, free: capacity, accounted: tasks.map(({ attempt }) => attempt) });
      }
    })();
    stops.push(async () => {
      clearInterval(renewing);
      leaving.abort();
      up.end();
      await Promise.all([joining, reading]);
      channel.close();
    });
    // Both still have tasks that wait.
    await expect.poll(() => claimed.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(100);
    const first = claimed.slice(0, 100).filter((guid) => guid.startsWith('first')).length;
    expect(first).toBeGreaterThanOrEqual(45);
    expect(first).toBeLessThanOrEqual(55);
  });
});
