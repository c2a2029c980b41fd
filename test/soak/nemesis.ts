import { setTimeout as sleep } from 'node:timers/promises';
import type { RoleProcess } from '../support/processes.ts';

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PAUSE_MS = { least: 2_000, most: 5_000 };
const DOWN_MS = { least: 100, most: 2_500 };

/**
 * Kills one process each few seconds, with SIGKILL, and starts it again a little later; the next one may fall meanwhile. It never
 * waits for a process to be ready, so that those that are just coming up are killed, too. Ends when `signal` aborts.
 * @returns how often each of them was killed.
 */
export async function torment(
  roles: readonly RoleProcess[],
  roll: () => number,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const kills = new Map(roles.map(({ name }) => [name, 0]));
  const between = ({ least, most }: { least: number; most: number }) => least + roll() * (most - least);
  const back = new Set<Promise<void>>();
  while (!signal.aborted) {
    await sleep(between(PAUSE_MS), undefined, { signal }).catch(() => undefined);
    const role = roles[Math.floor(roll() * roles.length)];
    if (signal.aborted || role?.running !== true) continue;
    await role.kill();
    kills.set(role.name, (kills.get(role.name) ?? 0) + 1);
    const returning: Promise<void> = sleep(between(DOWN_MS))
      .then(async () => await role.launch())
      .finally(() => back.delete(returning));
    back.add(returning);
  }
  await Promise.all(back);
  return kills;
}
