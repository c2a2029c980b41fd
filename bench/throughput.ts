/**
 * Tasks of `true` as fast as one saturated cell runs them, beside a bare loop over the engine's API with the same options at its best concurrency.
 *   npx tsc -p bench/tsconfig.json && DOCKER_HOST=unix:///... node dist/bench-run/bench/throughput.js     (TASKS=40 ROUNDS=3)
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { report, row } from './bbs-parts.ts';
import { bareRun, MEMORY_MB, needEngine, remove, system } from './latency-parts.ts';

const TASKS = Number(process.env['TASKS'] ?? 40);
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);
const WIDTHS = [2, 4, 8];
const CELL = JSON.parse(process.env['CELL'] ?? '{}') as Record<string, unknown>;
const DONE_MS = 120_000;
const DOMAIN = 'bench';

await needEngine();
const { tasks, stop } = await system(CELL);

/**
 * From the first request to the last container's end; every task accounted for. Heard of by events: to list all tasks ten times a
 * second cost 6 ms of CPU for each, which the cell and the engine then lacked.
 */
async function ours(): Promise<number> {
  const events = tasks.WatchTasks({ domain: DOMAIN }, { signal: AbortSignal.timeout(DONE_MS) })[Symbol.asyncIterator]();
  // The first word is a heartbeat: from now on nothing is missed.
  await events.next();
  const began = performance.now();
  const left = new Set<string>(Array.from({ length: TASKS }, () => randomUUID()));
  const guids = [...left];
  const submitted = Promise.all(
    guids.map(async (task_guid) => {
      await tasks.DesireTask({
        task_guid,
        domain: DOMAIN,
        root_fs: 'preloaded:busybox',
        memory_mb: MEMORY_MB,
        action: { run: { path: '/bin/true' } },
      });
    }),
  );
  while (left.size > 0) {
    const { value, done } = await events.next();
    if (done === true || value.resync_needed) throw new Error(`${left.size} of ${TASKS} tasks were not heard of`);
    const task = value.changed?.after;
    if (task?.state !== 'COMPLETED') continue;
    if (task.outcome !== 'succeeded') throw new Error(`a task failed: ${task.failure_reason}`);
    left.delete(task.task_guid);
  }
  const rate = TASKS / ((performance.now() - began) / 1_000);
  await events.return?.();
  await submitted;
  await Promise.all(
    guids.map(async (task_guid) => {
      await tasks.ResolveTask({ task_guid });
      await tasks.DeleteTask({ task_guid });
    }),
  );
  return rate;
}

/** create, start, wait, remove; so many at a time. */
async function bare(width: number, count: number): Promise<number> {
  const began = performance.now();
  let left = count;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) await remove(await bareRun());
    }),
  );
  return count / ((performance.now() - began) / 1_000);
}

await bare(2, 4);
const trials = new Map<number, number>();
for (const width of WIDTHS) trials.set(width, await bare(width, 16));
const best = [...trials].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 4;
const [mine, theirs]: [number[], number[]] = [[], []];
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    mine.push(await ours());
    // The last containers are removed beside the reports.
    await sleep(500);
    theirs.push(await bare(best, TASKS));
  }
} finally {
  await stop();
}
const tried = [...trials].map(([width, rate]) => `${width}: ${rate.toFixed(1)}/s`).join(', ');
report('throughput', [row('tasks/s saturated', '/s', mine, theirs, `peer: bare API, ${best} at a time (${tried})`)]);
