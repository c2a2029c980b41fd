import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { isEngineError, noAnswer } from './errors.ts';

/**
 * Removes by force, with the anonymous volumes. Gone is done. When somebody else is removing it already, or its files are still
 * busy, it is asked again until the deadline: done means that nothing of it can run any more.
 */
export async function removeContainer(engine: Engine, id: string, deadlineMs: number): Promise<void> {
  const what = `remove container ${id}`;
  const deadline = performance.now() + deadlineMs;
  for (let wait = 50; ; wait = Math.min(wait * 2, 1_000)) {
    const left = deadline - performance.now();
    if (left <= 0) throw noAnswer(what, `did not finish within ${deadlineMs} ms`);
    try {
      await engine.json({
        what,
        method: 'DELETE',
        path: `/containers/${encodeURIComponent(id)}`,
        query: { force: '1', v: '1' },
        deadlineMs: Math.ceil(left),
      });
      return;
    } catch (error) {
      if (isEngineError(error, 404)) return;
      const again = isEngineError(error) && (error.status === 409 || /device or resource busy/.test(error.words));
      if (!again) throw error;
    }
    await sleep(Math.min(wait, Math.max(0, deadline - performance.now())));
  }
}
