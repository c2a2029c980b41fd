import { beforeEach, describe, expect, it } from 'vitest';
import { CellIndex } from '../../../src/auction/cell-index.ts';
import type { Demand } from '../../../src/auction/needs.ts';
import { CellBook, type CellStream, type Summary } from '../../../src/auctioneer/cell-book.ts';
import { offerFromWire } from '../../../src/auctioneer/wire.ts';
import { wireOffer } from './fakes.ts';

const offer = offerFromWire(wireOffer('cell-1'));
const demand: Demand = { memoryMb: 100, diskMb: 10, cpuWeight: 0 } as Demand;
const stream: CellStream = { replaced: () => {} };

function summary(freeMb: number, accounted: string[] = []): Summary {
  const free = { memoryMb: freeMb, diskMb: 1_000, containers: 10 };
  return { cellId: 'cell-1', epoch: 1n, offer, free, cpuWeight: 0, closed: false, closedReason: '', accounted };
}

describe('the room of a cell', () => {
  let index: CellIndex;
  let book: CellBook;
  let now = 0;
  const freeMb = () => index.get('cell-1')?.memory;

  beforeEach(() => {
    now = 0;
    index = new CellIndex('spread');
    book = new CellBook({ index, onRoom: () => {}, monotonicMs: () => now, awayMs: 60_000, expireIn: () => {} });
    book.registered('cell-1', offer, 1n);
    book.join(stream, summary(1_000));
  });

  it('is taken off for what was claimed until the cell accounts for that very attempt', () => {
    const [one, two] = [book.hold('cell-1', demand), book.hold('cell-1', demand)];
    book.claimed(one, 'a-1');
    book.claimed(two, 'a-2');
    book.update(stream, summary(1_000));
    expect(freeMb()).toBe(800);
    book.update(stream, summary(900, ['a-2']));
    expect(freeMb()).toBe(800);
    book.update(stream, summary(800, ['a-1']));
    expect(freeMb()).toBe(800);
    book.update(stream, summary(1_000));
    expect(freeMb()).toBe(1_000);
  });

  it('is not taken off twice when the cell has accounted before the claim was answered', () => {
    const [quick, slow] = [book.hold('cell-1', demand), book.hold('cell-1', demand)];
    book.update(stream, summary(900, ['a-1']));
    // Which of the two it is nobody knows yet.
    expect(freeMb()).toBe(700);
    book.claimed(slow, 'a-2');
    book.claimed(quick, 'a-1');
    expect(freeMb()).toBe(800);
    book.update(stream, summary(800, ['a-2']));
    expect(freeMb()).toBe(800);
  });

  it('is given back for a claim that was refused', () => {
    const hold = book.hold('cell-1', demand);
    book.update(stream, summary(1_000));
    expect(freeMb()).toBe(900);
    book.release(hold);
    expect(freeMb()).toBe(1_000);
  });

  it('goes by what the first summary of a new stream accounts for, and holds the rest for a moment', () => {
    for (const attempt of ['a-1', 'a-2']) book.claimed(book.hold('cell-1', demand), attempt);
    book.leave(stream, 'cell-1');
    const next: CellStream = { replaced: () => {} };
    book.join(next, summary(900, ['a-1']));
    expect(freeMb()).toBe(800);
    now = 6_000;
    book.expire();
    expect(freeMb()).toBe(900);
    // Of the stream before nothing counts any more.
    book.update(stream, summary(100));
    expect(freeMb()).toBe(900);
  });
});
