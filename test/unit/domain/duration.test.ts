import { describe, expect, it } from 'vitest';
import { formatGoDuration, formatSeconds, msToNanos, nanosToMs, parseDuration } from '../../../src/domain/duration.ts';

describe('durations', () => {
  it.each([
    ['300s', 300_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['0.5s', 500],
    ['90', 90_000],
    ['0s', 0],
    ['2d', 172_800_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', 'x', '-5s', '5 s', '5parsecs', '1h-3m', 's'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it('writes what it reads', () => {
    for (const ms of [0, 1, 500, 1_500, 60_000, 123_456]) expect(parseDuration(formatSeconds(ms))).toBe(ms);
  });

  it.each([
    [500, '500ms'],
    [90_000, '1m30s'],
    [3_600_000, '1h0m0s'],
    [1_500, '1.5s'],
  ])('prints %d as Go does', (ms, text) => {
    expect(formatGoDuration(ms)).toBe(text);
  });

  it('keeps nanoseconds whole', () => {
    expect(nanosToMs(1_764_000_000_123_456_789n)).toBe(1_764_000_000_123);
    expect(msToNanos(5)).toBe(5_000_000n);
  });
});
