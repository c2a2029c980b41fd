import { describe, expect, it } from 'vitest';
import { place } from '../../../src/auction/auction.ts';
import type { Cell, CellIndex } from '../../../src/auction/cell-index.ts';
import { explain } from '../../../src/auction/explain.ts';
import { type Demand, needsOf, type Offer } from '../../../src/auction/needs.ts';
import { indexOf } from './generators.ts';

const CAPACITY = { memoryMb: 1024, diskMb: 4096, containers: 10 };

function cell(id: string, changes: Omit<Partial<Cell>, 'offer'> & { offer?: Partial<Offer> } = {}): Cell {
  const offer: Offer = {
    stacks: ['linux'],
    preloadedRootfs: ['linux'],
    rootfsSchemes: ['docker'],
    placementTags: [],
    optionalPlacementTags: [],
    capacity: CAPACITY,
    ...changes.offer,
  };
  return { id, epoch: '7', free: offer.capacity, cpuWeight: 0, standing: 'open', ...changes, offer };
}

function task(changes: Partial<Demand> & { stack?: string; rootFs?: string; tags?: string[] } = {}): Demand {
  const { stack = '', rootFs = 'preloaded:linux', tags = [], ...rest } = changes;
  return {
    guid: 't',
    uid: 'u',
    memoryMb: 128,
    diskMb: 128,
    cpuWeight: 0,
    needs: needsOf(stack, rootFs, tags),
    ...rest,
  };
}

function where(index: CellIndex, asked: Demand): string | undefined {
  return place([asked], index).placed[0]?.cellId;
}

function refusal(cells: Cell[], asked: Demand): { neverFits: boolean; reason: string; waitingFor: string } {
  const [refused] = place([asked], indexOf(cells)).refused;
  if (refused === undefined) throw new Error('it was placed');
  const { neverFits, reason, waitingFor } = refused;
  return { neverFits, reason, waitingFor };
}

function never(cells: Cell[], asked: Demand): string {
  const { neverFits, reason } = refusal(cells, asked);
  expect(neverFits).toBe(true);
  return reason;
}

describe('where a task goes', () => {
  it('spreads over the cells, ties by id', () => {
    const index = indexOf([cell('cell-2'), cell('cell-1'), cell('cell-3')]);
    expect([1, 2, 3, 4].map(() => where(index, task()))).toEqual(['cell-1', 'cell-2', 'cell-3', 'cell-1']);
  });

  it('fills one cell after the other when told to pack', () => {
    const index = indexOf([cell('cell-2'), cell('cell-1')], 'binpack');
    const asked = task({ memoryMb: 512 });
    expect([1, 2, 3, 4, 5].map(() => where(index, asked))).toEqual(['cell-1', 'cell-1', 'cell-2', 'cell-2', undefined]);
  });

  it('prefers the cell with lighter CPU company among equally full ones', () => {
    const busy = cell('cell-1', { cpuWeight: 300 });
    expect(where(indexOf([busy, cell('cell-2', { cpuWeight: 20 })]), task())).toBe('cell-2');
  });

  it('counts no limit as nothing, but as a container', () => {
    const index = indexOf([cell('cell-1', { free: { memoryMb: 0, diskMb: 0, containers: 2 } })]);
    const asked = task({ memoryMb: 0, diskMb: 0 });
    expect([1, 2, 3].map(() => where(index, asked))).toEqual(['cell-1', 'cell-1', undefined]);
  });

  it('passes the epoch on, and takes the room of what it placed', () => {
    const index = indexOf([cell('cell-1', { epoch: '42' })]);
    expect(place([task()], index).placed).toMatchObject([{ cellId: 'cell-1', epoch: '42' }]);
    expect(index.get('cell-1')).toMatchObject({ memory: 896, disk: 3968, containers: 9 });
  });

  it('lets a small cell alone wait for the small task: large ones go first', () => {
    const small = cell('cell-1', { offer: { capacity: { memoryMb: 100, diskMb: 400, containers: 9 } } });
    const index = indexOf([small]);
    const batch = [
      task({ guid: 'small', memoryMb: 10, diskMb: 10 }),
      task({ guid: 'large', memoryMb: 95, diskMb: 10 }),
    ];
    expect(place(batch, index).placed.map((verdict) => verdict.task.guid)).toEqual(['large']);
  });

  it.each<[string, Partial<Offer>, string[], boolean]>([
    ['no tags anywhere', {}, [], true],
    ['a required tag is asked for', { placementTags: ['gpu'] }, ['gpu'], true],
    ['an untagged task and a required tag', { placementTags: ['gpu'] }, [], false],
    ['an optional tag may be asked for', { optionalPlacementTags: ['ssd'] }, ['ssd'], true],
    ['an optional tag may be left out', { optionalPlacementTags: ['ssd'] }, [], true],
    [
      'required and optional together, in any order',
      { placementTags: ['gpu'], optionalPlacementTags: ['ssd'] },
      ['ssd', 'gpu'],
      true,
    ],
    ['the optional one alone', { placementTags: ['gpu'], optionalPlacementTags: ['ssd'] }, ['ssd'], false],
    ['a tag that is offered nowhere', { placementTags: ['gpu'] }, ['gpu', 'eu'], false],
  ])('tags: %s', (_what, offer, tags, goes) => {
    expect(where(indexOf([cell('cell-1', { offer })]), task({ tags }))).toBe(goes ? 'cell-1' : undefined);
  });
});

describe('what can never run', () => {
  it('says which constraint no cell meets, the one that got furthest', () => {
    const cells = [cell('cell-1'), cell('cell-2', { offer: { placementTags: ['gpu'] } })];
    expect(never(cells, task({ stack: 'windows' }))).toBe('found no compatible cell for required stack "windows"');
    expect(never(cells, task({ rootFs: 'preloaded:other' }))).toBe('found no compatible cell for required rootfs');
    expect(never(cells, task({ rootFs: 'oci:///x' }))).toBe('found no compatible cell for required rootfs');
    expect(never(cells, task({ rootFs: 'no scheme' }))).toBe('found no compatible cell for required rootfs');
    expect(never(cells, task({ tags: ['x'] }))).toBe('found no compatible cell with placement tag "x"');
    expect(never(cells, task({ tags: ['y', 'x'] }))).toBe('found no compatible cell with placement tags "x" and "y"');
    expect(never(cells, task({ tags: ['c', 'a', 'b'] }))).toBe(
      'found no compatible cell with placement tags "a", "b" and "c"',
    );
    expect(never([cells[1] as Cell], task())).toBe('found no compatible cell with no placement tags');
  });

  it('names what is above every compatible cell, sorted', () => {
    const cells = [
      cell('cell-1'),
      cell('cell-2', { offer: { capacity: { ...CAPACITY, memoryMb: 2048, diskMb: 100 } } }),
    ];
    expect(never(cells, task({ memoryMb: 4096 }))).toBe('insufficient resources: memory');
    expect(never(cells, task({ memoryMb: 4096, diskMb: 9999 }))).toBe('insufficient resources: disk, memory');
    // Each cell lacks another thing.
    expect(never(cells, task({ memoryMb: 2048, diskMb: 4096 }))).toBe('insufficient resources');
    const none = cell('cell-3', { offer: { capacity: { memoryMb: 1, diskMb: 1, containers: 0 } } });
    expect(never([none], task())).toBe('insufficient resources: containers, disk, memory');
  });

  it('counts cells that are closed or not connected: they may come back', () => {
    const away = [cell('cell-1', { standing: 'absent' }), cell('cell-2', { standing: 'closed' })];
    expect(refusal(away, task())).toEqual({
      neverFits: false,
      reason: 'unable to communicate to compatible cells',
      waitingFor: 'no compatible cell can take work: 1 not connected, 1 taking no new work',
    });
    expect(never(away, task({ tags: ['x'] }))).toBe('found no compatible cell with placement tag "x"');
  });
});

describe('what has to wait', () => {
  it('waits when no cell is registered', () => {
    const text = {
      neverFits: false,
      reason: 'unable to communicate to compatible cells',
      waitingFor: 'no cell is registered',
    };
    expect(refusal([], task({ tags: ['x'] }))).toEqual(text);
  });

  it('says what is short on every compatible cell, and the most there is', () => {
    const cells = [
      cell('cell-1', { free: { memoryMb: 128, diskMb: 50, containers: 1 } }),
      cell('cell-2', { free: { memoryMb: 64, diskMb: 1000, containers: 1 } }),
      cell('cell-3', { offer: { stacks: ['other'] } }),
    ];
    expect(refusal(cells, task({ stack: 'linux', memoryMb: 512 }))).toEqual({
      neverFits: false,
      reason: 'insufficient resources: memory',
      waitingFor: 'memory: 512 MB asked, most free on a compatible cell 128 MB (cell-1)',
    });
    expect(refusal(cells, task({ stack: 'linux', memoryMb: 128, diskMb: 1000 }))).toEqual({
      neverFits: false,
      reason: 'insufficient resources',
      waitingFor: 'no single compatible cell has memory 128 MB, disk 1000 MB and a container free at once',
    });
    const full = cell('cell-1', { free: { memoryMb: 9, diskMb: 9, containers: 0 } });
    expect(refusal([full], task()).reason).toBe('insufficient resources: containers, disk, memory');
  });
});

describe('explain', () => {
  it('gives each cell its code, with asked and free, the best first', () => {
    const index = indexOf([
      cell('a', { offer: { stacks: ['other'] } }),
      cell('b', { offer: { preloadedRootfs: [] } }),
      cell('c', { offer: { placementTags: ['gpu'] } }),
      cell('d', { offer: { capacity: { ...CAPACITY, memoryMb: 64 } } }),
      cell('e', { standing: 'absent' }),
      cell('f', { standing: 'closed', note: 'draining' }),
      cell('g', { free: { ...CAPACITY, containers: 0 } }),
      cell('h', { free: { ...CAPACITY, diskMb: 1 } }),
      cell('i', { free: { ...CAPACITY, memoryMb: 1 } }),
      cell('j', { free: { ...CAPACITY, memoryMb: 512 } }),
      cell('k'),
    ]);
    const verdicts = explain(task({ stack: 'linux' }), index);
    expect(verdicts.map(({ cellId, code }) => `${cellId} ${code}`)).toEqual([
      'k ',
      'j ',
      'a stack',
      'b rootfs',
      'c tags',
      'd too_small',
      'e not_connected',
      'f closed',
      'g containers',
      'h disk',
      'i memory',
    ]);
    expect(verdicts.find(({ cellId }) => cellId === 'f')?.note).toBe('draining');
    expect(verdicts.find(({ cellId }) => cellId === 'i')).toMatchObject({
      asked: { memoryMb: 128 },
      free: { memoryMb: 1 },
    });
    expect(verdicts[0]?.score?.load).toBe(0);
  });
});
