import type { Engine } from './engine.ts';

/** How long the word may come after the exit. */
const LATE_MS = 500;

/** The engine keeps its newest 256 events, of all containers, and goes on telling until the time that it is asked for. */
export async function toldOfOom(engine: Engine, id: string, deadlineMs: number): Promise<boolean> {
  const until = ((Date.now() + LATE_MS) / 1_000).toFixed(3);
  const filters = JSON.stringify({ container: [id], event: ['oom'] });
  const body = await engine.open({
    what: `ask whether container ${id} ran out of memory`,
    method: 'GET',
    path: '/events',
    query: { since: '1', until, filters },
    deadlineMs,
  });
  return await new Promise<boolean>((resolve) => {
    const end = (told: boolean): void => {
      clearTimeout(late);
      body.destroy();
      resolve(told);
    };
    // Its clock may be another one than ours.
    const late = setTimeout(() => end(false), 2 * LATE_MS);
    body.once('data', () => end(true));
    body.once('close', () => end(false));
    body.once('error', () => end(false));
  });
}
