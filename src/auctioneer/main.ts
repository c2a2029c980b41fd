import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { type Clock, systemClock } from '../platform/clock.ts';
import { bounded, type Running } from '../platform/group.ts';
import { Metrics } from '../platform/metrics.ts';
import { serveOps } from '../platform/ops-server.ts';
import { readTls } from '../platform/tls.ts';
import { Channel } from '../rpc/client.ts';
import { serve } from '../rpc/server.ts';
import { Auctioneer, type AuctioneerStats } from './auctioneer.ts';
import type { AuctioneerConfig } from './config.ts';
import { followPending } from './follow-pending.ts';
import { JoinApi } from './join-api.ts';
import { Lead } from './lead.ts';
import { measureAuctions } from './metrics.ts';

const LAST_ROUND_MS = 2_000;
const STREAMS_END_MS = 1_000;

export interface AuctioneerProcessDeps {
  readonly log: Logger;
  readonly clock?: Clock;
  /** How long cells get to join before a task that none of them could take is failed. */
  readonly settleMs?: number;
  /** How long what only a lost cell could take waits for its return. */
  readonly awayMs?: number;
  /** Shared where several roles run in one process. */
  readonly metrics?: Metrics;
}

export interface RunningAuctioneer extends Running {
  /** `host:port` really bound. */
  readonly address: string;
  /** Of /metrics; undefined where none is served. */
  readonly metricsAddress: string | undefined;
  stats(): AuctioneerStats;
}

/** Starts an auctioneer. It is healthy once it knows all that waits; a BBS that is not there yet is waited for. */
export async function startAuctioneer(
  config: AuctioneerConfig,
  { log, clock = systemClock(), settleMs, awayMs, metrics = new Metrics() }: AuctioneerProcessDeps,
): Promise<RunningAuctioneer> {
  const tls = readTls(config.tls);
  const channel = new Channel({ addresses: config.bbs, tls });
  const placement = channel.client('PlacementService');
  const times = { ...(settleMs === undefined ? {} : { settleMs }), ...(awayMs === undefined ? {} : { awayMs }) };
  const onRound = measureAuctions(metrics, () => auctioneer.stats());
  const auctioneer: Auctioneer = new Auctioneer({ placement, policy: config.policy, clock, log, onRound, ...times });
  const { listen, insecure, metricsListen } = config;
  const join = new JoinApi(auctioneer.cells, log);
  const server = await serve({
    listen,
    tls,
    insecure,
    log,
    metrics,
    services: { AuctionService: join.handlers },
  }).catch((error: unknown) => {
    channel.close();
    throw error;
  });
  server.setHealthy(false);
  const notReady = () => (auctioneer.synced ? '' : 'the list of waiting tasks has not been read yet');
  const ops =
    metricsListen === undefined
      ? undefined
      : await serveOps({ listen: metricsListen, tls, insecure, metrics, notReady }).catch(async (error: unknown) => {
          await server.stop(0);
          channel.close();
          throw error;
        });
  const lead = new Lead({
    placement,
    // The same again after a restart, and different on each machine.
    name: `${hostname()}/${server.address}`,
    clock,
    log,
    onChange: (leading, leader) => {
      // Cells first, so that none is there to be placed on without the lead, and none is sent away with it.
      join.lead(leading, leader);
      auctioneer.lead(leading);
    },
  });
  lead.start();
  const ending = new AbortController();
  const following = followPending({
    placement,
    log,
    signal: ending.signal,
    onEvent: (event) => {
      auctioneer.onEvent(event);
      if (event.event !== 'synced') return;
      server.setHealthy(true);
      log.info(auctioneer.stats(), 'pending.synced');
    },
  });
  log.info(
    { address: server.address, metrics: ops?.address, bbs: config.bbs, policy: config.policy },
    'auctioneer.started',
  );
  return {
    address: server.address,
    metricsAddress: ops?.address,
    stats: () => auctioneer.stats(),
    stop: async () => {
      // In this order: the last round's work still goes down the streams that then end.
      await auctioneer.stop(LAST_ROUND_MS);
      await lead.stop();
      ending.abort();
      await server.stop(STREAMS_END_MS);
      await bounded(following, STREAMS_END_MS, 'the pending stream').catch(() => {});
      channel.close();
      await ops?.stop();
      log.info(auctioneer.stats(), 'auctioneer.stopped');
    },
  };
}
