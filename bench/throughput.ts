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
const POLL_MS = 100;

await needEngine();
const { tasks, stop } = await system(CELL);

/** From the first request to the last container's end; every task accounted for. */
async function ours(): Promise<number> {
  const began = performance.now();
  const guids = await Promise.all(
    Array.from({ length: TASKS }, async () => {
      const { task_guid } = await tasks.DesireTask({
        task_guid: randomUUID(),
        domain: 'bench',
        root_fs: 'preloaded:busybox',
        memory_mb: MEMORY_MB,
        action: { run: { path: '/bin/true' } },
      });
      return task_guid;
    }),
  );
  const left = new Set(guids);
  while (left.size > 0) {
    if (performance.now() - began > DONE_MS) throw new Error(`${left.size} of ${TASKS} tasks did not end`);
    await sleep(POLL_MS);
    const ask = { page_size: 1_000, field_mask: ['outcome', 'failure_reason'] };
    const { tasks: page } = await tasks.ListTasks(ask, { timeoutMs: DONE_MS });
    for (const { task_guid, state, outcome, failure_reason } of page) {
      if (state !== 'COMPLETED' || !left.has(task_guid)) continue;
      if (outcome !== 'succeeded') throw new Error(`a task failed: ${failure_reason}`);
      left.delete(task_guid);
    }
  }
  const rate = TASKS / ((performance.now() - began) / 1_000);
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
