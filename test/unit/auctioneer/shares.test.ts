import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from '../../../src/auction/auction.ts';
import { CellIndex } from '../../../src/auction/cell-index.ts';
import { needsOf } from '../../../src/auction/needs.ts';
import { PendingQueue } from '../../../src/auctioneer/pending-queue.ts';

const NEEDS = needsOf('linux', 'docker:///x', []);
const CELL_MB = 1_000;

/** One cell of 1,000 MB whose tasks all end together; rounds as the auctioneer's. */
class Cell {
  readonly queue = new PendingQueue();
  readonly starts = new Map<string, number>();
  #made = 0;

  submit(domain: string, count: number, memoryMb: number): void {
    for (let at = 0; at < count; at += 1) {
      this.#made += 1;
      const guid = `${domain}-${this.#made}`;
      const createdAt = this.#made;
      const rest = { diskMb: 1, cpuWeight: 0, createdAt, waitingFor: '', notBeforeMs: 0 };
      this.queue.add({ guid, uid: guid, domain, needs: NEEDS, memoryMb, ...rest });
    }
  }

  /** Rounds until nothing more fits. @returns how many started. */
  fill(freeMb = CELL_MB): number {
    const index = new CellIndex('spread');
    const capacity = { memoryMb: CELL_MB, diskMb: 1_000_000, containers: 1_000 };
    const names = { stacks: ['linux'], preloadedRootfs: [], rootfsSchemes: ['docker'] };
    const offer = { ...names, placementTags: [], optionalPlacementTags: [], capacity };
    const free = { ...capacity, memoryMb: freeMb };
    index.upsert({ id: 'c', epoch: '1', offer, free, cpuWeight: 0, standing: 'open' });
    this.queue.wake(200, (needs, memoryMb, diskMb) => index.hasRoom(needs, memoryMb, diskMb));
    let started = 0;
    for (let parts = this.queue.take(200, 0); parts.length > 0; parts = this.queue.take(200, 0)) {
      for (const part of parts) {
        const { placed, refused } = place(part, index);
        for (const { task } of placed) {
          this.starts.set(task.domain, (this.starts.get(task.domain) ?? 0) + 1);
          this.queue.placed(task);
        }
        for (const { task, reason } of refused) this.queue.park(task, reason, 0);
        started += placed.length;
      }
    }
    return started;
  }

  of(domain: string): number {
    return this.starts.get(domain) ?? 0;
  }
}

describe('domains that have more to do than there is room for (I23)', () => {
  it.each([
    ['as large', [100, 100], CELL_MB],
    ['ten times as large, in turns with what is small', [1_000, 100], CELL_MB],
    ['as large, with room for one at a time', [100, 100], 100],
    ['three of them', [100, 200, 300], CELL_MB],
  ] as const)('start equally often: %s', (_name, sizes, freeMb) => {
    const cell = new Cell();
    const domains = sizes.map((_, at) => `d${at}`);
    // Every task of the first is older than all of the others.
    for (const [at, memoryMb] of sizes.entries()) cell.submit(`d${at}`, 2_000, memoryMb);
    for (let round = 0, all = 0; all < 600 && round < 2_000; round += 1) all += cell.fill(freeMb);
    const starts = domains.map((domain) => cell.of(domain));
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(Math.max(...starts) * 0.8);
  });

  it('one that comes late has its share from then on, and nothing to catch up', () => {
    const cell = new Cell();
    cell.submit('old', 5_000, 100);
    for (let round = 0; round < 50; round += 1) cell.fill();
    const before = cell.of('old');
    cell.submit('new', 5_000, 100);
    for (let round = 0; round < 50; round += 1) cell.fill();
    const [old, late] = [cell.of('old') - before, cell.of('new')];
    expect(Math.abs(old - late)).toBeLessThanOrEqual(20);
  });

  it('one that could not be placed for long catches up on a few, and does not shut out the others', () => {
    const cell = new Cell();
    cell.submit('large', 2_000, 1_000);
    cell.submit('small', 5_000, 100);
    // Never room for a large one.
    for (let round = 0; round < 100; round += 1) cell.fill(900);
    expect(cell.of('large')).toBe(0);
    const before = cell.of('small');
    for (let round = 0; round < 400; round += 1) cell.fill();
    const [large, small] = [cell.of('large'), cell.of('small') - before];
    expect(large - small).toBeLessThanOrEqual(100);
    expect(small).toBeGreaterThan(100);
  });

  it('of one alone everything is as if there were none: in one part, oldest first', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { maxLength: 60 }), (sizes) => {
        const queue = new PendingQueue();
        for (const [at, memoryMb] of sizes.entries()) {
          const [guid, rest] = [`t-${at}`, { diskMb: 1, cpuWeight: 0, waitingFor: '', notBeforeMs: 0 }];
          queue.add({ guid, uid: guid, domain: 'd', needs: NEEDS, memoryMb, createdAt: at, ...rest });
        }
        const parts = queue.take(1_000, 0);
        expect(parts.length).toBe(Math.min(1, sizes.length));
        const ages = parts.flat().map(({ createdAt }) => createdAt);
        expect(ages).toEqual(sizes.map((_, at) => at));
      }),
    );
  });
});
