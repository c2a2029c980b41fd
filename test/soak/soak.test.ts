import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { isDomainError } from '../../src/domain/errors.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { Scene } from '../faults/scene.ts';
import { containersOf, isTaskContainer } from '../faults/witness.ts';
import { dice, torment } from './nemesis.ts';
import { reportOf } from './report.ts';

/*
 * Two cells on a real engine, three BBS on a real etcd, an auctioneer, and a kill -9 of one of them each few seconds, while small
 * tasks go through as fast as the machine does them. `make soak MINUTES=n`; SEED=n repeats the kills of a run.
 */

const MINUTES = Number(process.env['GAVEL_SOAK_MINUTES'] ?? 3);
const SEED = Number(process.env['GAVEL_SOAK_SEED'] || Date.now() % 1_000_000);
const CELL_MB = 1_024;
/** So many tasks are under way at once. */
const LANES = 24;
/** After the last kill everything has to come to rest within this. */
const SETTLE_MS = 120_000;
const REPORT = resolve(import.meta.dirname, '../../.run/soak-report.txt');

it(
  `loses nothing and starts nothing twice in ${MINUTES} minutes of kills`,
  async () => {
    const scene = await Scene.open({ bbs: 3, cells: 2, cellSettings: { memoryMb: CELL_MB } });
    try {
      const roll = dice(SEED);
      const begun = performance.now();
      const stop = new AbortController();
      const timer = setTimeout(() => stop.abort(), MINUTES * 60_000);
      const [kills] = await Promise.all([
        torment(scene.cluster.roles, dice(SEED + 1), stop.signal),
        ...Array.from({ length: LANES }, async () => await lane(scene, roll, stop.signal)),
      ]);
      clearTimeout(timer);
      const seconds = (performance.now() - begun) / 1_000;
      await scene.mend();
      await settled(scene);
      const cellsNotEmpty = await notEmpty(scene);
      const report = reportOf({
        seconds,
        seed: SEED,
        kills,
        accepted: scene.accepted,
        history: await scene.history(),
        ledger: scene.ledger.starts,
        engine: scene.engineStarts,
        callbacks: scene.receiver.received.map(({ headers, body }) => ({
          webhookId: String(headers['webhook-id']),
          body,
          answered: 200,
        })),
        containersLeft: (await left(scene)).map(({ name, state }) => `${name} (${state})`),
        cellsNotEmpty,
      });
      mkdirSync(resolve(REPORT, '..'), { recursive: true });
      writeFileSync(REPORT, `${report.text}\n`);
      process.stdout.write(`\n${report.text}\n`);
      if (report.faults.length > 0) {
        const logs = join(REPORT, '../soak-logs.txt');
        writeFileSync(logs, scene.cluster.roles.map(({ name, output }) => `== ${name}\n${output}`).join('\n'));
        process.stdout.write(`what the processes said: ${logs}\n`);
      }
      expect(report.faults).toEqual([]);
    } finally {
      await scene.close();
    }
  },
  MINUTES * 60_000 + 10 * 60_000,
);

/** One task after the other until it is over. */
async function lane(scene: Scene, roll: () => number, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const asked = anyTask(scene, roll());
    const { task_guid: guid } = await scene.submitBy(scene.cluster.tasks, asked);
    const what = roll();
    // As a client does that did not hear the answer.
    if (what < 0.05) await scene.submitBy(scene.cluster.tasks, asked);
    else if (what < 0.1) {
      await sleep(roll() * 1_500);
      await cancel(scene, guid);
    }
    await delivered(scene, guid, stop);
  }
}

function anyTask(scene: Scene, kind: number): TaskCreateRequest {
  const over = { placement_tags: [], completion_callback_url: scene.receiver.url };
  if (kind < 0.6) return scene.request('exit 0', over);
  if (kind < 0.7) return scene.request('exit 3', over);
  if (kind < 0.8) return scene.request('printf done > /tmp/r', { ...over, result_file: '/tmp/r' });
  // Long enough to be met by a kill or two.
  return scene.request(`sleep ${kind < 0.95 ? 2 : 8}`, over);
}

async function cancel(scene: Scene, guid: string): Promise<void> {
  try {
    await scene.cluster.tasks.CancelTask({ task_guid: guid }, { retry: true, timeoutMs: 10_000 });
  } catch (error) {
    // Over and out before it came, or nobody there to hear it: what becomes of the task is judged in any case.
    if (!isDomainError(error)) throw error;
  }
}

/** Until its callback came: from then on it makes room for another. */
async function delivered(scene: Scene, guid: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !heardOf(scene, guid)) await sleep(50);
}

/** Guids that were called back, read as they come. */
const heard = new Set<string>();
let read = 0;
function heardOf(scene: Scene, guid: string): boolean {
  for (const { body } of scene.receiver.received.slice(read)) {
    heard.add((JSON.parse(body) as { task_guid: string }).task_guid);
    read += 1;
  }
  return heard.has(guid);
}

async function left(scene: Scene) {
  return (await containersOf(scene.cluster.cellIds)).filter(isTaskContainer);
}

/** Everything has ended, was told, and is cleared away; or the time for it is over, and the report says what is not. */
async function settled(scene: Scene): Promise<void> {
  const until = performance.now() + SETTLE_MS;
  const open = () => scene.accepted.some(({ guid }) => !heardOf(scene, guid));
  while ((open() || (await left(scene)).length > 0) && performance.now() < until) await sleep(200);
}

/** A task of a cell's whole memory runs there only if nothing else is booked. */
async function notEmpty(scene: Scene): Promise<string[]> {
  const over = { memory_mb: CELL_MB, completion_callback_url: scene.receiver.url };
  const asked = scene.cluster.cellIds.map((_, at) =>
    scene.request('exit 0', { ...over, placement_tags: [`at-${at}`] }),
  );
  const outcomes = await Promise.all(
    asked.map(async (one) => {
      const { task_guid: guid } = await scene.submitBy(scene.cluster.tasks, one);
      return (await scene.ended(guid, 30_000).catch(() => undefined))?.outcome;
    }),
  );
  await settled(scene);
  return scene.cluster.cellIds.filter((_, at) => outcomes[at] !== 'succeeded');
}
