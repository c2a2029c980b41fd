/**
 * How long a task takes to its process and to its callback on an idle cell, beside `docker run` and the bare API, in turns.
 *   npx tsc -p bench/tsconfig.json && DOCKER_HOST=unix:///... node dist/bench-run/bench/latency.js     (PAIRS=15)
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReceiver } from '../test/support/receiver.ts';
import { type Row, report, row } from './bbs-parts.ts';
import {
  type BenchSystem,
  bareRun,
  cliRun,
  MEMORY_MB,
  needEngine,
  PREPARED,
  remove,
  Starts,
  system,
} from './latency-parts.ts';

const PAIRS = Number(process.env['PAIRS'] ?? 15);
const QUIET_MS = 100;
const CALLBACK_MS = 30_000;

interface Times {
  readonly start: number[];
  readonly end: number[];
}
const times = (): Times => ({ start: [], end: [] });
const now = () => performance.timeOrigin + performance.now();

await needEngine();
const receiver = await startReceiver();
const starts = await Starts.open();

async function ours({ tasks, cellId }: BenchSystem, prepared: boolean, into: Times): Promise<void> {
  const heard = receiver.received.length;
  const began = now();
  const { task_guid } = await tasks.DesireTask({
    task_guid: randomUUID(),
    domain: 'bench',
    root_fs: 'preloaded:busybox',
    memory_mb: MEMORY_MB,
    action: { run: { path: '/bin/true' } },
    completion_callback_url: receiver.url,
  });
  while (receiver.received.length === heard) {
    if (now() - began > CALLBACK_MS) throw new Error(`no callback for task ${task_guid}`);
    await sleep(1);
  }
  into.end.push(now() - began);
  const { failed, failure_reason } = JSON.parse(receiver.received.at(-1)?.body ?? '{}') as Record<string, unknown>;
  if (failed !== false) throw new Error(`the task failed: ${String(failure_reason)}`);
  into.start.push(starts.since(began, prepared ? 'exec_start' : 'start', cellId) - began);
}

async function theirs(run: () => Promise<string>, into: Times): Promise<void> {
  const began = now();
  const name = await run();
  into.end.push(now() - began);
  await sleep(20);
  into.start.push(starts.since(began, 'start', name) - began);
  await remove(name);
}

/** What one does to the engine (a removal, a new prepared container) must not fall on the next. */
async function quiet(run: () => Promise<void>): Promise<void> {
  await run();
  await sleep(QUIET_MS);
}

async function pairs(prepared: boolean, cell: Record<string, unknown>): Promise<Row[]> {
  const running = await system(cell);
  const [mine, cli, bare] = [times(), times(), times()];
  try {
    await sleep(prepared ? 2_000 : 200);
    for (const warm of [ours(running, prepared, times()), theirs(cliRun, times()), theirs(bareRun, times())])
      await warm;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      await quiet(() => ours(running, prepared, mine));
      await quiet(() => theirs(cliRun, cli));
      await quiet(() => theirs(bareRun, bare));
    }
  } finally {
    await running.stop();
  }
  const name = prepared ? 'prepared' : 'plain';
  const peers = prepared ? [cli, bare] : [bare, cli];
  const peerNames = prepared ? ['docker run', 'bare API'] : ['bare API', 'docker run'];
  const [first, second] = peers as [Times, Times];
  return [
    row(`submit to start, ${name}`, 'ms', mine.start, first.start, `peer: ${peerNames[0]}, create and start`),
    row(`submit to start, ${name}, other peer`, 'ms', mine.start, second.start, `peer: ${peerNames[1]}`),
    row(`submit to callback, ${name}`, 'ms', mine.end, first.end, `peer: ${peerNames[0]} to its exit`),
    row(`submit to callback, ${name}, other peer`, 'ms', mine.end, second.end, `peer: ${peerNames[1]} to its exit`),
  ];
}

const rows = await pairs(false, PREPARED === undefined ? {} : { prepared: { containers: 0 } });
if (PREPARED === undefined) console.log('cells keep no prepared containers yet: only the plain path is measured');
else rows.push(...(await pairs(true, PREPARED)));
starts.close();
await receiver.stop();
report('latency', rows);
