import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Capacity } from '../../../cells/executor/capacity.ts';

const one = { memoryMb: 100, diskMb: 10, containers: 1, cpuWeight: 20 };

describe('the books of a cell', () => {
  it('names all that is short, and then holds nothing', () => {
    const capacity = new Capacity({ memoryMb: 150, diskMb: 15, containers: 1 });
    expect(capacity.reserve('a', one)).toEqual([]);
    expect(capacity.reserve('b', one)).toEqual(['memory', 'disk', 'containers']);
    expect(capacity.free).toEqual({ memoryMb: 50, diskMb: 5, containers: 0 });
    expect(capacity.used.cpuWeight).toBe(20);
    capacity.release('a');
    capacity.release('a');
    expect(capacity.free).toEqual(capacity.total);
  });

  it('counts what is adopted beyond its size, and shows no negative', () => {
    const capacity = new Capacity({ memoryMb: 50, diskMb: 100, containers: 5 });
    capacity.take('a', one);
    expect(capacity.free).toEqual({ memoryMb: 0, diskMb: 90, containers: 4 });
    expect(capacity.reserve('b', { ...one, memoryMb: 1 })).toEqual(['memory']);
    capacity.release('a');
    expect(capacity.free.memoryMb).toBe(50);
  });

  it('is never below nothing nor above its total, whatever the order', () => {
    const step = fc.record({
      key: fc.integer({ min: 0, max: 5 }),
      reserve: fc.boolean(),
      mb: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const capacity = new Capacity({ memoryMb: 100, diskMb: 100, containers: 3 });
        const held = new Map<string, number>();
        for (const { key: number, reserve, mb } of steps) {
          const key = String(number);
          if (!reserve) {
            capacity.release(key);
            held.delete(key);
          } else if (
            capacity.reserve(key, { memoryMb: mb, diskMb: mb, containers: 1, cpuWeight: mb }).length === 0 &&
            !held.has(key)
          ) {
            held.set(key, mb);
          }
          const used = [...held.values()].reduce((a, b) => a + b, 0);
          expect(capacity.free).toEqual({ memoryMb: 100 - used, diskMb: 100 - used, containers: 3 - held.size });
          expect(used).toBeLessThanOrEqual(100);
        }
      }),
    );
  });
});
