import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fencedAtMs, fencedGraceMs, firstAskMs, unsureAtMs } from '../../../cells/rep/fence.ts';
import { DEFAULT_POLICY } from '../../../src/domain/deadlines.ts';

describe('when a cell without contact stops its tasks', () => {
  const terms = (ttlMs: number, graceMs: number) => ({ ttlMs, lostAfterMs: ttlMs + graceMs });

  it('by default outlasts an outage of a minute, and leaves 15 s to see them dead', () => {
    const usual = terms(10_000, DEFAULT_POLICY.lostGraceMs);
    expect(fencedAtMs(usual)).toBe(95_000);
    expect(fencedGraceMs(usual, 95_000)).toBe(5_000);
  });

  it('is always after it has become unsure, and SIGKILL before they may be called lost (I13)', () => {
    const ms = fc.integer({ min: 0, max: 400_000 });
    fc.assert(
      fc.property(
        ms.map((lease) => lease + 2_000),
        ms,
        ms,
        (ttlMs, graceMs, lateMs) => {
          const its = terms(ttlMs, graceMs);
          const at = fencedAtMs(its);
          expect(at).toBeGreaterThanOrEqual(unsureAtMs(its));
          const left = its.lostAfterMs - at;
          expect(left).toBeGreaterThan(0);
          // Two thirds of what is left are for the kill itself; a process that asked first has used up one of them.
          expect(fencedGraceMs(its, at)).toBeLessThanOrEqual(left / 3 + 1e-6);
          const asked = at + firstAskMs(its);
          if (graceMs >= ttlMs) expect(asked + fencedGraceMs(its, asked)).toBeLessThan(its.lostAfterMs);
          // Late, as after a pause: at once.
          expect(fencedGraceMs(its, its.lostAfterMs + lateMs)).toBe(0);
        },
      ),
    );
  });
});
