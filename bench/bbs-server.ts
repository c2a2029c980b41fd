import { pino } from 'pino';
import { type BbsConfigInput, bbsConfig } from '../bbs/config.ts';
import { startBbs } from '../bbs/main.ts';
import { speak } from './bench-process.ts';

/*
 * One BBS as a process of its own, forked by bbs-parts.ts.
 */

const config = bbsConfig.parse(JSON.parse(process.argv[2] ?? '{}') as BbsConfigInput);
const began = performance.now();
const bbs = await startBbs(config, { log: pino({ level: 'silent' }) });
speak({ address: bbs.address, startMs: performance.now() - began }, () => bbs.stop());
