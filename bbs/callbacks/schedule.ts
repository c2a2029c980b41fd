/** Pauses before each try after the first (contract.md section 4): 5 s, 30 s, 2 min, 10 min, 30 min, 2 h, 5 h, 10 h, 24 h. */
export const DEFAULT_SCHEDULE_MS: readonly number[] = [5, 30, 120, 600, 1_800, 7_200, 18_000, 36_000, 86_400].map(
  (s) => s * 1_000,
);

const RETRY_AFTER_MOST_MS = 24 * 3_600_000;

/** Whether an answer means that the receiver has it. As in Diego, any answer below 500 does, but those that ask for another try. */
export function isAcknowledged(status: number): boolean {
  return status >= 100 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

/**
 * Milliseconds until the next try after `attempts` tries; undefined when there is none. `jitter` is 0 to 1. A receiver's own `Retry-After` lengthens the pause, up to a day.
 */
export function nextPauseMs(
  schedule: readonly number[],
  attempts: number,
  retryAfterMs: number | undefined,
  jitter: number,
): number | undefined {
  const pause = schedule[attempts - 1];
  if (pause === undefined) return undefined;
  const spread = pause * (1 + 0.2 * jitter);
  return Math.max(spread, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MOST_MS));
}
