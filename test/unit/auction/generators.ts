import * as fc from 'fast-check';
import { type Cell, CellIndex } from '../../../src/auction/cell-index.ts';
import type { Demand } from '../../../src/auction/needs.ts';
import { needsOf, type Offer } from '../../../src/auction/needs.ts';
import type { Policy } from '../../../src/auction/score.ts';

const tags = (max: number) => fc.uniqueArray(fc.constantFrom('gpu', 'ssd', 'eu'), { maxLength: max });

const offer: fc.Arbitrary<Offer> = fc.record({
  stacks: fc.uniqueArray(fc.constantFrom('a', 'b'), { minLength: 1 }),
  preloadedRootfs: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
  rootfsSchemes: fc.constantFrom([], ['docker']),
  placementTags: tags(1),
  optionalPlacementTags: tags(2),
  capacity: fc.record({
    memoryMb: fc.constantFrom(0, 64, 100, 200, 256),
    diskMb: fc.constantFrom(64, 100, 400, 900),
    containers: fc.constantFrom(0, 1, 3, 10),
  }),
});

/** A cell that may be partly full already. */
export function cellOf(id: string): fc.Arbitrary<Cell> {
  return fc
    .record({
      offer,
      used: fc.record({ memory: fc.double({ min: 0, max: 1, noNaN: true }), containers: fc.nat(2) }),
      cpuWeight: fc.nat(300),
      standing: fc.constantFrom<Cell['standing'][]>('open', 'open', 'open', 'closed', 'absent'),
    })
    .map(({ offer: given, used, cpuWeight, standing }) => ({
      id,
      epoch: `epoch of ${id}`,
      offer: given,
      free: {
        memoryMb: Math.floor(given.capacity.memoryMb * (1 - used.memory)),
        diskMb: Math.floor(given.capacity.diskMb * (1 - used.memory / 2)),
        containers: given.capacity.containers - used.containers,
      },
      cpuWeight,
      standing,
    }));
}

export const cells: fc.Arbitrary<Cell[]> = fc
  .uniqueArray(fc.nat(20), { maxLength: 12 })
  .chain((numbers) => fc.tuple(...numbers.map((n) => cellOf(`cell-${n}`))));

const demand: fc.Arbitrary<Omit<Demand, 'guid' | 'uid'>> = fc.record({
  needs: fc
    .tuple(
      fc.constantFrom('', 'a', 'b', 'c'),
      fc.constantFrom('preloaded:a', 'preloaded:b', 'docker:///x', 'oci:///x'),
      tags(2),
    )
    .map(([stack, rootFs, wanted]) => needsOf(stack, rootFs, wanted)),
  memoryMb: fc.constantFrom(0, 1, 30, 64, 100, 256, 300),
  diskMb: fc.constantFrom(0, 1, 50, 100, 300, 900, 1000),
  cpuWeight: fc.nat(100),
});

export const batch: fc.Arbitrary<Demand[]> = fc
  .array(demand, { maxLength: 40 })
  .map((list) => list.map((task, i) => ({ ...task, guid: `task-${i}`, uid: `uid-${i}` })));

export const policy: fc.Arbitrary<Policy> = fc.constantFrom('spread', 'binpack');

export function indexOf(all: readonly Cell[], how: Policy = 'spread'): CellIndex {
  const index = new CellIndex(how);
  for (const cell of all) index.upsert(cell);
  return index;
}

/** The rules once more, said the slow and plain way. */
export function mayGo(task: Demand, given: Offer): boolean {
  const { stack, rootfs, tags: wanted } = task.needs;
  if (stack !== '' && !given.stacks.includes(stack)) return false;
  const rootfsOffered = rootfs.startsWith('preloaded:')
    ? given.preloadedRootfs.includes(rootfs.slice('preloaded:'.length))
    : given.rootfsSchemes.includes(rootfs);
  const allowed = [...given.placementTags, ...given.optionalPlacementTags];
  return (
    rootfsOffered && given.placementTags.every((t) => wanted.includes(t)) && wanted.every((t) => allowed.includes(t))
  );
}

export function hasRoom(task: Demand, free: { memoryMb: number; diskMb: number; containers: number }): boolean {
  return free.memoryMb >= task.memoryMb && free.diskMb >= task.diskMb && free.containers >= 1;
}
