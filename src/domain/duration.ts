/*
 * Durations travel as protobuf's JSON spells them (`300s`, `0.5s`). People may also write `5m`, `1h30m`, `250ms`, or a bare number of seconds.
 */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration text, or undefined when it is none. Negative durations are none. */
export function parseDuration(text: string): number | undefined {
  const bare = text.trim();
  if (/^\d+(\.\d+)?$/.test(bare)) return Math.round(Number(bare) * 1_000);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(bare)) return undefined;
  let total = 0;
  for (const [, amount, unit] of bare.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** Milliseconds of a duration in a record that was validated before; undefined stays undefined. */
export function durationMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseDuration(text);
}

/** `1500` -> `1.5s`: the one form that is stored and sent. */
export function formatSeconds(ms: number): string {
  const whole = Math.trunc(ms / 1_000);
  const rest = Math.round(ms - whole * 1_000);
  return rest === 0 ? `${whole}s` : `${whole}.${String(rest).padStart(3, '0').replace(/0+$/, '')}s`;
}

/** As Go prints durations, which Diego's texts use: `500ms`, `1m30s`, `1h0m0s`. */
export function formatGoDuration(ms: number): string {
  if (ms < 1_000) return ms === 0 ? '0s' : `${ms}ms`;
  const hours = Math.trunc(ms / 3_600_000);
  const minutes = Math.trunc((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1_000;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** Milliseconds since 1970 of a nanosecond time stamp. */
export function nanosToMs(nanos: bigint): number {
  return Number(nanos / 1_000_000n);
}

export function msToNanos(ms: number): bigint {
  return BigInt(Math.round(ms)) * 1_000_000n;
}
