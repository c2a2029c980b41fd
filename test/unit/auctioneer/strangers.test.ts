import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { Auctioneer } from '../../../src/auctioneer/auctioneer.ts';
import { offerFromWire } from '../../../src/auctioneer/wire.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { RejectTasksRequest } from '../../../src/rpc/gen/gavel/v1/RejectTasksRequest.ts';
import { pause, until, wireOffer } from './fakes.ts';

/** An auctioneer that has just begun, with one cell here, one away of which nothing is known, and a task that only the other can take. */
function begun(awayMs: number) {
  const refused: string[] = [];
  const auctioneer = new Auctioneer({
    clock: systemClock(),
    log: pino({ level: 'silent' }),
    policy: 'spread',
    settleMs: 50,
    awayMs,
    placement: {
      Lead: async () => await Promise.reject(new Error('nobody asks here')),
      WatchPending: async function* () {},
      ClaimTasks: async () => await Promise.resolve({ verdicts: [] }),
      RejectTasks: async ({ items }: RejectTasksRequest) => {
        for (const { never_fits, task_guid } of items ?? []) if (never_fits === true) refused.push(task_guid ?? '');
        return await Promise.resolve({ verdicts: (items ?? []).map(() => ({ code: '', message: '' })) });
      },
    },
  });
  auctioneer.lead(true);
  const cell = (id: string, epoch: string, tags: string[] = []) => ({
    offer: wireOffer(id, { optional_placement_tags: tags }),
    epoch,
  });
  auctioneer.onEvent({ event: 'reset', reset: {}, cursor: '' });
  auctioneer.onEvent({ event: 'cell', cell: cell('here', '1'), cursor: '' });
  auctioneer.onEvent({ event: 'cell_gone', cell_gone: { cell_id: 'away', epoch: '0' }, cursor: '' });
  const pending = {
    task_guid: 'theirs',
    uid: 'u',
    created_at: '1700000000000000000',
    domain: 'd',
    stack: 'linux',
    root_fs: 'docker:///x',
    memory_mb: 10,
    disk_mb: 10,
    cpu_weight: 0,
    placement_tags: ['only-there'],
    rejection_count: 0,
    waiting_for: '',
    not_before: '0',
  };
  auctioneer.onEvent({ event: 'pending', pending, cursor: '' });
  auctioneer.onEvent({ event: 'synced', synced: {}, cursor: '1' });
  auctioneer.cells.join(
    { replaced: () => undefined },
    {
      cellId: 'here',
      epoch: 1n,
      offer: offerFromWire(wireOffer('here')),
      free: { memoryMb: 1_000, diskMb: 1_000, containers: 10 },
      cpuWeight: 0,
      closed: false,
      closedReason: '',
      accounted: [],
    },
  );
  return { auctioneer, refused };
}

describe('a cell that was away before anybody here knew it, and holds tasks', () => {
  it('is waited for before what nobody else offers is called impossible', async () => {
    const { auctioneer, refused } = begun(60_000);
    await pause(500);
    expect(refused).toEqual([]);
    // It is back, and offers something else.
    auctioneer.onEvent({
      event: 'cell',
      cell: { offer: wireOffer('away', { optional_placement_tags: ['other'] }), epoch: '5' },
      cursor: '2',
    });
    await until(() => refused.length === 1, 20_000);
    await auctioneer.stop(1_000);
  });

  it('is not waited for without end', async () => {
    const { auctioneer, refused } = begun(300);
    await until(() => refused.length > 0, 20_000);
    expect(refused).toEqual(['theirs']);
    await auctioneer.stop(1_000);
  });
});
