import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { canonicalText, packWorkload, spreadWorkload, type Workload } from '../../../bench/auction-workload.ts';
import { place } from '../../../src/auction/auction.ts';
import { needsOf } from '../../../src/auction/needs.ts';
import { indexOf } from './generators.ts';

vi.setConfig({ testTimeout: 20_000 });

/** The published hashes: other schedulers were measured on exactly this. */
describe('the benchmark workload', () => {
  it.each([
    [10, 1_000, '0a944bc8fe26a242'],
    [10, 10_000, '148491cd97f7b56b'],
    [10, 50_000, '6fd4158100135d94'],
    [100, 1_000, '318ea8b46a108c29'],
    [100, 10_000, '9f99b695cc7137c7'],
    [100, 50_000, 'd37079635dbd0d6c'],
    [1_000, 1_000, '67a25e9192bd377a'],
    [1_000, 10_000, '7596800328c81220'],
    [1_000, 50_000, 'd1422523a23bf996'],
    [5_000, 1_000, 'a4707c86f8ea9426'],
    [5_000, 10_000, '4b8ba7e478be7ca7'],
    [5_000, 50_000, '80daa30439c917df'],
  ])('spread %i %i', (cells, tasks, hash) => {
    expect(hashOf(spreadWorkload(cells, tasks))).toBe(hash);
  });

  it.each([
    [10, 90, '9ca949f3b3baf774', 528],
    [10, 99, 'f0a2ff9bc41591d4', 561],
    [100, 90, 'de30f3a96ef884e8', 5_156],
    [100, 99, '3b17784bf9150d85', 5_718],
    [1_000, 90, '151fcbe898a44e86', 52_621],
    [1_000, 99, 'd6abfaa5a0e4fc9c', 57_962],
  ])('pack %i %i', (cells, percent, hash, tasks) => {
    const workload = packWorkload(cells, percent);
    expect(workload.tasks).toHaveLength(tasks);
    expect(hashOf(workload)).toBe(hash);
  });
});

/** Diego's best figures: nothing at 90 %; at 99 % 21 of 5,718 and 5 of 57,962; a standard deviation of 26 points. */
describe('quality on it', () => {
  it.each([
    [100, 90, 5_156, 0],
    [100, 99, 5_718, 21],
    [100, 99, 100, 21],
    [1_000, 99, 57_962, 5],
    [1_000, 99, 100, 5],
  ])('%i cells filled to %i in a hundred, %i tasks a batch: at most %i left over', (cells, percent, size, most) => {
    const workload = packWorkload(cells, percent);
    const index = indexOf(asCells(workload));
    const tasks = asDemands(workload);
    let left = 0;
    for (let i = 0; i < tasks.length; i += size) left += place(tasks.slice(i, i + size), index).refused.length;
    expect(left).toBeLessThanOrEqual(most);
  });

  it('levels memory to 3 points', () => {
    const workload = spreadWorkload(1_000, 50_000);
    const index = indexOf(asCells(workload));
    place(asDemands(workload), index);
    const shares = [...index.cells()].map((member) => 1 - member.memory / member.scale.capacity.memoryMb);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(100 * Math.sqrt(variance)).toBeLessThanOrEqual(3);
  });
});

function hashOf(workload: Workload): string {
  return createHash('sha256').update(canonicalText(workload)).digest('hex').slice(0, 16);
}

function asCells(workload: Workload) {
  return workload.cells.map((cell) => {
    const capacity = { memoryMb: cell.memoryMb, diskMb: cell.diskMb, containers: cell.containers };
    const stacks = cell.stacks.map(String);
    const offer = {
      stacks,
      preloadedRootfs: stacks,
      rootfsSchemes: [],
      placementTags: [],
      optionalPlacementTags: [],
      capacity,
    };
    return { id: cell.id, epoch: '1', offer, free: capacity, cpuWeight: 0, standing: 'open' as const };
  });
}

function asDemands(workload: Workload) {
  return workload.tasks.map(({ guid, stack, memoryMb, diskMb }) => {
    const needs = needsOf(String(stack), `preloaded:${stack}`, []);
    return { guid, uid: guid, needs, memoryMb, diskMb, cpuWeight: 0 };
  });
}
