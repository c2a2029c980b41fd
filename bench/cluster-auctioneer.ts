import { pino } from 'pino';
import { auctioneerConfig } from '../src/auctioneer/config.ts';
import { startAuctioneer } from '../src/auctioneer/main.ts';
import type { Usage } from './bbs-parts.ts';

/*
 * One auctioneer as a process of its own, forked by bbs-parts.ts as a BBS is.
 */

const config = auctioneerConfig.parse(JSON.parse(process.argv[2] ?? '{}'));
const began = performance.now();
const auctioneer = await startAuctioneer(config, { log: pino({ level: process.env['BENCH_LOG'] ?? 'silent' }) });
process.send?.({ address: auctioneer.address, startMs: performance.now() - began });
process.on('message', (message) => {
  if (message === 'stop') {
    void auctioneer.stop().then(() => process.disconnect());
    return;
  }
  if (message === 'settled usage') globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const usage: Usage = {
    cpuMs: (user + system) / 1_000,
    rssMb: rss / 2 ** 20,
    heapMb: (heapUsed + external) / 2 ** 20,
  };
  process.send?.(usage);
});
