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
  beganAt,
  cliRun,
  MEMORY_MB,
  NOTING,
  needEngine,
  remove,
  resultOf,
  system,
  waiting,
} from './latency-parts.ts';

const PAIRS = Number(process.env['PAIRS'] ?? 15);
const QUIET_MS = 150;
const CALLBACK_MS = 30_000;
/** Kept ready where tasks are to find one. */
const READY = 2;
const READY_MS = 30_000;

interface Times {
  readonly start: number[];
  readonly end: number[];
}
const times = (): Times => ({ start: [], end: [] });
const now = () => performance.timeOrigin + performance.now();

await needEngine();
const receiver = await startReceiver();

async function ours({ tasks, cellId }: BenchSystem, prepared: boolean, into: Times): Promise<void> {
  const ready = prepared ? await waiting(cellId) : [];
  const heard = receiver.received.length;
  const [path, ...args] = NOTING;
  const began = now();
  const { task_guid } = await tasks.DesireTask({
    task_guid: randomUUID(),
    domain: 'bench',
    root_fs: 'preloaded:busybox',
    memory_mb: MEMORY_MB,
    action: { run: { path, args } },
    result_file: '/result',
    completion_callback_url: receiver.url,
  });
  while (receiver.received.length === heard) {
    if (now() - began > CALLBACK_MS) throw new Error(`no callback for task ${task_guid}`);
    await sleep(1);
  }
  into.end.push(now() - began);
  const { failed, failure_reason, result } = JSON.parse(receiver.received.at(-1)?.body ?? '{}') as Record<
    string,
    unknown
  >;
  if (failed !== false) throw new Error(`the task failed: ${String(failure_reason)}`);
  into.start.push(Date.parse(String(result)) - began);
  if (!prepared) return;
  const left = new Set(await waiting(cellId));
  if (ready.every((id) => left.has(id))) throw new Error('the task found no prepared container');
}

async function theirs(run: (command: readonly string[]) => Promise<string>, into: Times): Promise<void> {
  const began = now();
  const name = await run(NOTING);
  // Ours is told with its result.
  await resultOf(name);
  into.end.push(now() - began);
  into.start.push((await beganAt(name)) - began);
  await remove(name);
}

/** A cell that is idle has as many as it may have. */
async function allReady({ cellId }: BenchSystem): Promise<void> {
  const until = now() + READY_MS;
  while ((await waiting(cellId)).length < READY) {
    if (now() > until) throw new Error(`there are not ${READY} prepared containers`);
    await sleep(50);
  }
}

async function pairs(prepared: boolean): Promise<Row[]> {
  const running = await system({ preparedContainers: prepared ? READY : 0 });
  const [mine, cli, bare] = [times(), times(), times()];
  // What one does to the engine (a removal, a new prepared container) must not fall on the next.
  const quiet = async (run: () => Promise<void>): Promise<void> => {
    await run();
    if (prepared) await allReady(running);
    await sleep(QUIET_MS);
  };
  try {
    // What is used twice is popular.
    await ours(running, false, times());
    await quiet(() => ours(running, false, times()));
    await quiet(() => theirs(cliRun, times()));
    await quiet(() => theirs(bareRun, times()));
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
    row(`submit to callback, ${name}`, 'ms', mine.end, first.end, `peer: ${peerNames[0]} to its result`),
    row(`submit to callback, ${name}, other peer`, 'ms', mine.end, second.end, `peer: ${peerNames[1]} to its result`),
  ];
}

const rows = [...(await pairs(false)), ...(await pairs(true))];
await receiver.stop();
report('latency', rows);
