import type { Attempt, StopOrder } from './attempt.ts';
import type { RepContext } from './context.ts';
import { rest } from './retry.ts';

export const KILL_AGAIN_MS = 5_000;
/** The longest a timer can be set for. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Waits for what runs to be over, and meanwhile brings that about when a stop order or the task's own time limit says so: `enforce`
 * is called when there is an order, and again whenever its `killAt` has come.
 */
export async function watch<T>(
  rep: RepContext,
  attempt: Attempt,
  running: Promise<T>,
  enforce: (stop: StopOrder, now: number) => Promise<void>,
): Promise<T> {
  const { clock, leaving } = rep;
  const { terms } = attempt;
  // What an adopted process has run before counts, too.
  const since = attempt.begunAt ?? attempt.startedAt;
  const ranMs = since === undefined ? 0 : Math.max(0, Number((clock.nowNanos() - since) / 1_000_000n));
  const endAt = terms.maxRunMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() + terms.maxRunMs - ranMs;
  let over = false;
  const end = running.finally(() => {
    over = true;
  });
  // Told below, by the await of the end itself.
  end.catch(() => undefined);
  for (;;) {
    const now = clock.monotonicMs();
    if (attempt.stop === undefined && now >= endAt) attempt.order('timed_out', terms.stopGraceMs);
    const { stop } = attempt;
    if (stop !== undefined) await enforce(stop, now);
    const next = stop === undefined ? endAt : stop.killAt;
    const pause = new AbortController();
    const waitMs = Math.min(Math.max(next - clock.monotonicMs(), 0), TIMER_MAX_MS);
    const timer =
      next === Number.POSITIVE_INFINITY ? new Promise<never>(() => {}) : rest(waitMs, pause.signal).catch(() => {});
    await Promise.race([end.catch(() => undefined), attempt.nextOrder(), timer]);
    pause.abort();
    if (over) return await end;
    leaving.throwIfAborted();
  }
}
