import { CALL_BUCKETS, type Metrics } from '../platform/metrics.ts';
import type { AuctioneerStats, Round } from './auctioneer.ts';

/** What the auctioneer does, read at the moment of a scrape, and how long its rounds take. @returns to be told of each round. */
export function measureAuctions(metrics: Metrics, stats: () => AuctioneerStats): (round: Round) => void {
  metrics.counted(
    { name: 'gavel_auction_rounds_total', help: 'Rounds of matching what waits with cells' },
    () => stats().rounds,
  );
  metrics.counted(
    { name: 'gavel_auction_placements_total', help: 'Claims that were committed' },
    () => stats().claimed,
  );
  metrics.gauge({ name: 'gavel_auction_waiting', help: 'Tasks that wait for a cell' }, (gauge) =>
    gauge.set(stats().pending),
  );
  metrics.gauge({ name: 'gavel_auction_cells', help: 'Cells that have joined this auctioneer' }, (gauge) =>
    gauge.set(stats().joined),
  );
  const refusals = metrics.counter({
    name: 'gavel_auction_refusals_total',
    help: 'Tasks that a round found no room for: not_now waits, never_fits fits no registered cell',
    labels: ['kind'],
  });
  for (const kind of ['not_now', 'never_fits']) refusals.labels(kind).inc(0);
  const seconds = metrics.histogram(
    { name: 'gavel_auction_round_seconds', help: 'Duration of a round with its claims' },
    CALL_BUCKETS,
  );
  return ({ ms, notNow, neverFits }) => {
    seconds.observe(ms / 1_000);
    refusals.labels('not_now').inc(notNow);
    refusals.labels('never_fits').inc(neverFits);
  };
}
