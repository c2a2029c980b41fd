import { pino } from 'pino';
import { type BbsConfigInput, bbsConfig } from '../bbs/config.ts';
import { startBbs } from '../bbs/main.ts';
import type { Usage } from './bbs-parts.ts';

/*
 * One BBS as a process of its own, forked by bbs-parts.ts, which asks it over the IPC channel what it uses.
 */

const config = bbsConfig.parse(JSON.parse(process.argv[2] ?? '{}') as BbsConfigInput);
const began = performance.now();
const bbs = await startBbs(config, { log: pino({ level: 'silent' }) });
process.send?.({ address: bbs.address, startMs: performance.now() - began });
// Left alone by a driver that broke.
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message === 'stop') {
    void bbs.stop().then(() => process.disconnect());
    return;
  }
  // A settled memory is what counts: what the collector has not come to yet says nothing.
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
