import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { Auctioneer } from '../../../src/auctioneer/auctioneer.ts';
import type { CellStream } from '../../../src/auctioneer/cell-book.ts';
import { offerFromWire } from '../../../src/auctioneer/wire.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import type { ClaimTasksRequest } from '../../../src/rpc/gen/gavel/v1/ClaimTasksRequest.ts';
import type { PendingTask__Output } from '../../../src/rpc/gen/gavel/v1/PendingTask.ts';
import type { RejectTasksRequest } from '../../../src/rpc/gen/gavel/v1/RejectTasksRequest.ts';
import { until, wireOffer } from './fakes.ts';

const PENDING = 100_000;

const wire = (i: number): PendingTask__Output => ({
  task_guid: `task-${i}`,
  uid: `uid-${i}`,
  created_at: String(1_700_000_000_000_000_000n + BigInt(i)),
  domain: 'd',
  stack: 'linux',
  root_fs: 'docker:///x',
  // Some thirty kinds.
  memory_mb: 100 + 10 * (i % 30),
  disk_mb: 10,
  cpu_weight: 0,
  placement_tags: [],
  rejection_count: 0,
  waiting_for: '',
  not_before: '0',
});

const offer = offerFromWire(
  wireOffer('cell-1', {
    capacity: { memory_mb: '1000', disk_mb: '100000', containers: 1_000 },
  }),
);

/** The whole auctioneer but for the wire, with a BBS that says yes to everything at once. */
function setUp() {
  const claimed: string[] = [];
  const calls = { notes: 0 };
  const auctioneer: Auctioneer = new Auctioneer({
    clock: systemClock(),
    log: pino({ level: 'silent' }),
    policy: 'spread',
    placement: {
      Lead: async () => await Promise.reject(new Error('nobody asks here')),
      WatchPending: async function* () {},
      ClaimTasks: async ({ items }: ClaimTasksRequest) => {
        for (const item of items ?? []) claimed.push(item.task_guid ?? '');
        return {
          verdicts: (items ?? []).map((item) => ({
            verdict: { code: '', message: '' },
            attempt: item.task_guid ?? '',
          })),
        };
      },
      RejectTasks: async ({ items }: RejectTasksRequest) => {
        calls.notes += items?.length ?? 0;
        // Each is a change of its task, which the stream tells.
        for (const { task_guid, reason } of items ?? []) {
          const pending = { ...wire(Number(task_guid?.slice('task-'.length))), waiting_for: reason ?? '' };
          auctioneer.onEvent({ event: 'pending', pending, cursor: '' });
        }
        return { verdicts: (items ?? []).map(() => ({ code: '', message: '' })) };
      },
    },
  });
  auctioneer.lead(true);
  return { auctioneer, claimed, calls };
}

describe('100,000 tasks that wait for a full cluster', () => {
  it('cost little when room appears, and are served oldest first', async () => {
    const { auctioneer, claimed, calls } = setUp();
    const stream: CellStream = { replaced: () => {} };
    const summary = (freeMb: number) => ({
      cellId: 'cell-1',
      epoch: 1n,
      offer,
      free: { memoryMb: freeMb, diskMb: 100_000, containers: 1_000 },
      cpuWeight: 0,
      closed: false,
      closedReason: '',
      accounted: claimed.slice(-2),
    });
    auctioneer.cells.join(stream, summary(0));
    auctioneer.onEvent({ event: 'reset', reset: {}, cursor: '' });
    for (let i = 0; i < PENDING; i++) auctioneer.onEvent({ event: 'pending', pending: wire(i), cursor: '' });
    auctioneer.onEvent({ event: 'synced', synced: {}, cursor: '1' });
    await until(() => calls.notes === PENDING, 20_000);
    expect(claimed).toEqual([]);

    const before = process.cpuUsage();
    const rounds = 1_000;
    for (let i = 1; i <= rounds; i++) {
      auctioneer.cells.update(stream, summary(100));
      await until(() => claimed.length === i);
      auctioneer.cells.update(stream, summary(0));
    }
    const { user, system } = process.cpuUsage(before);
    const perFreed = (user + system) / rounds / 1_000;
    // Only the smallest kind fits; those of it come in the order of their age, and nobody else was told anything again.
    expect(claimed.slice(0, 3)).toEqual(['task-0', 'task-30', 'task-60']);
    expect(claimed).toHaveLength(rounds);
    expect(calls.notes).toBe(PENDING);
    // Measured 0.7 ms, polling of this test included; a scan of all that wait would take more than 5.
    expect(perFreed).toBeLessThan(5);

    const idle = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const rest = process.cpuUsage(idle);
    expect((rest.user + rest.system) / 1_000).toBeLessThan(5_000);
    await auctioneer.stop(1_000);
  }, 30_000);
});
