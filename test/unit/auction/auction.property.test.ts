import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { place, type Verdicts } from '../../../src/auction/auction.ts';
import { type Cell, CellIndex } from '../../../src/auction/cell-index.ts';
import { explain } from '../../../src/auction/explain.ts';
import { batch, cellOf, cells, hasRoom, indexOf, mayGo, policy } from './generators.ts';

vi.setConfig({ testTimeout: 20_000 });

/** What was decided, without the order of the answers' objects. */
function decided(verdicts: Verdicts): unknown {
  return {
    placed: verdicts.placed.map(({ task, cellId, epoch }) => [task.guid, cellId, epoch]),
    refused: verdicts.refused.map(({ task, ...rest }) => [task.guid, rest]),
  };
}

describe('any batch on any cells', () => {
  it('judges every task once, only where it may go, and overcommits nothing', () => {
    fc.assert(
      fc.property(cells, batch, policy, (all, tasks, how) => {
        const index = indexOf(all, how);
        const { placed, refused } = place(tasks, index);
        const judged = [...placed, ...refused].map((verdict) => verdict.task.guid);
        expect(judged.sort()).toEqual(tasks.map((task) => task.guid).sort());
        for (const cell of all) {
          const here = placed.filter((verdict) => verdict.cellId === cell.id).map((verdict) => verdict.task);
          expect(here.length > 0 && cell.standing !== 'open').toBe(false);
          for (const task of here) expect(mayGo(task, cell.offer)).toBe(true);
          const sum = (of: (task: (typeof here)[number]) => number) =>
            here.reduce((total, task) => total + of(task), 0);
          if (here.length === 0) continue;
          expect(sum((task) => task.memoryMb)).toBeLessThanOrEqual(cell.free.memoryMb);
          expect(sum((task) => task.diskMb)).toBeLessThanOrEqual(cell.free.diskMb);
          expect(here.length).toBeLessThanOrEqual(cell.free.containers);
          expect(index.get(cell.id)?.memory).toBe(cell.free.memoryMb - sum((task) => task.memoryMb));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses for good exactly what no registered cell could take when empty, and only when one is registered', () => {
    fc.assert(
      fc.property(cells, batch, policy, (all, tasks, how) => {
        const { placed, refused } = place(tasks, indexOf(all, how));
        for (const { task, neverFits } of refused) {
          const could = all.some((cell) => mayGo(task, cell.offer) && hasRoom(task, cell.offer.capacity));
          expect(neverFits).toBe(all.length > 0 && !could);
        }
        for (const { task, cellId } of placed)
          expect(all.find((cell) => cell.id === cellId && mayGo(task, cell.offer))).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('lets nothing wait that has room anywhere, and explain agrees', () => {
    fc.assert(
      fc.property(cells, batch, policy, (all, tasks, how) => {
        const index = indexOf(all, how);
        for (const { task, neverFits, waitingFor, reason } of place(tasks, index).refused) {
          const verdicts = explain(task, index);
          expect(verdicts).toHaveLength(all.length);
          expect(verdicts.filter((verdict) => verdict.code === '')).toEqual([]);
          expect(reason).not.toBe('');
          expect(waitingFor === '').toBe(neverFits);
          const waits = verdicts.some((v) => !['stack', 'rootfs', 'tags', 'too_small'].includes(v.code));
          expect(waits).toBe(!neverFits && all.length > 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is the same again, whatever the order of the cells', () => {
    const shuffled = cells.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, batch, policy, ([all, other], tasks, how) => {
        const first = decided(place(tasks, indexOf(all, how)));
        expect(decided(place(tasks, indexOf(all, how)))).toEqual(first);
        expect(decided(place(tasks, indexOf(other, how)))).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });

  it('takes the cell that explain ranks first, for a single task', () => {
    fc.assert(
      fc.property(cells, batch, policy, (all, tasks, how) => {
        const index = indexOf(all, how);
        for (const task of tasks) {
          const first = explain(task, index)[0];
          const { placed } = place([task], index);
          expect(placed[0]?.cellId).toBe(first?.code === '' ? first.cellId : undefined);
          if (first?.code !== '') return;
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('an index after many changes', () => {
  type Change =
    | { kind: 'upsert'; cell: Cell }
    | { kind: 'remove'; id: string }
    | { kind: 'reserve'; id: string; mb: number };
  const id = fc.nat(15).map((n) => `cell-${n}`);
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 3, arbitrary: id.chain(cellOf).map((cell) => ({ kind: 'upsert' as const, cell })) },
    { weight: 1, arbitrary: id.map((gone) => ({ kind: 'remove' as const, id: gone })) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('reserve' as const), id, mb: fc.integer({ min: -20, max: 20 }) }),
    },
  );

  it('answers as a fresh one of the same cells', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), batch, policy, (changes, tasks, how) => {
        const index = new CellIndex(how);
        const cellsNow = new Map<string, Cell>();
        for (const next of changes) {
          if (next.kind === 'upsert') {
            index.upsert(next.cell);
            cellsNow.set(next.cell.id, next.cell);
          } else if (next.kind === 'remove') {
            index.remove(next.id);
            cellsNow.delete(next.id);
          } else {
            const member = index.get(next.id);
            if (member === undefined || member.memory < next.mb || member.containers < 1) continue;
            index.reserve(member, next.mb, 0, next.mb > 0 ? 1 : 0, 1);
          }
          // What is remembered of earlier questions must not outlive its cells.
          for (const { needs } of tasks) index.match(needs);
        }
        expect(index.size).toBe(cellsNow.size);
        const now = [...index.cells()].map((member) => ({
          ...member.cell,
          free: { memoryMb: member.memory, diskMb: member.disk, containers: member.containers },
          cpuWeight: member.cpuWeight,
        }));
        expect(decided(place(tasks, index))).toEqual(decided(place(tasks, indexOf(now, how))));
      }),
      { numRuns: 300 },
    );
  });
});
