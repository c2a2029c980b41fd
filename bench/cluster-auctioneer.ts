import { pino } from 'pino';
import { auctioneerConfig } from '../src/auctioneer/config.ts';
import { startAuctioneer } from '../src/auctioneer/main.ts';
import { speak } from './bench-process.ts';

/*
 * One auctioneer as a process of its own, forked by bbs-parts.ts as a BBS is.
 */

const config = auctioneerConfig.parse(JSON.parse(process.argv[2] ?? '{}'));
const began = performance.now();
const auctioneer = await startAuctioneer(config, { log: pino({ level: process.env['BENCH_LOG'] ?? 'silent' }) });
speak({ address: auctioneer.address, startMs: performance.now() - began }, () => auctioneer.stop());
