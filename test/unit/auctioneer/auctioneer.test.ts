import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunningAuctioneer } from '../../../src/auctioneer/main.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import type { RunningServer } from '../../../src/rpc/server.ts';
import { FakeCell, offerOf, pause, until, World } from './fakes.ts';

// Real connections on a machine that others may be using: bounds are wide, and what must be quick is measured by itself.
vi.setConfig({ testTimeout: 20_000 });

let world: World;
let bbs: RunningServer;
let auctioneer: RunningAuctioneer;

beforeEach(async () => {
  world = new World();
  bbs = await world.bbs();
  auctioneer = await world.auctioneer([bbs.address]);
});

afterEach(() => world.stop());

const joined = (count: number) => until(() => auctioneer.stats().joined === count);

describe('placing', () => {
  it('claims what waits and sends it down the cell with its attempt, at once when idle', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'), 7);
    await joined(1);
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      const begun = performance.now();
      world.store.submit(`task-${i}`, { memory_mb: 1 });
      await until(() => cell.got.length === i + 1);
      times.push(performance.now() - begun);
    }
    expect(world.store.claims[0]).toEqual([
      { task_guid: 'task-0', uid: expect.any(String), cell_id: 'cell-1', epoch: '7' },
    ]);
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(5_000);
  });

  it('finds what waited before it came', async () => {
    world.store.submit('early');
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await until(() => cell.got.length === 1);
    expect(cell.got).toEqual(['early']);
  });

  it('never over-fills a cell, however slowly cells report, and loses nothing', async () => {
    const cells = ['a', 'b', 'c'].map((id) => world.cell(auctioneer, offerOf(id)));
    for (const cell of cells) cell.acknowledges = false;
    await joined(3);
    for (let i = 0; i < 300; i++) world.store.submit(`task-${i}`, { memory_mb: 100 });
    await until(() => cells.every((cell) => cell.held.size === 10));
    await pause(50);
    // Ten of 100 MB fill a cell of 1,000 MB, though none of the three has reported anything of it.
    expect(cells.map((cell) => cell.got.length)).toEqual([10, 10, 10]);
    for (const cell of cells) cell.acknowledges = true;
    const drain = setInterval(() => {
      for (const cell of cells) for (const guid of [...cell.held.keys()].slice(0, 4)) cell.finish(guid);
    }, 1);
    await until(() => cells.reduce((sum, cell) => sum + cell.got.length, 0) === 300).finally(() =>
      clearInterval(drain),
    );
    expect(new Set(cells.flatMap((cell) => cell.got)).size).toBe(300);
    expect(Math.max(...cells.map((cell) => cell.mostUsedMb))).toBeLessThanOrEqual(1_000);
    // A note on its way may bring a task back into view until the word of its claim arrives.
    await until(() => auctioneer.stats().pending === 0);
    expect(auctioneer.stats().claimed).toBe(300);
  });

  it('claims in batches while calls are under way, none larger than 200', async () => {
    world.cell(auctioneer, offerOf('cell-1', { capacity: { memory_mb: 1e6, disk_mb: 1e7, containers: 1e4 } }));
    await joined(1);
    for (let i = 0; i < 1_000; i++) world.store.submit(`task-${i}`);
    await until(() => auctioneer.stats().claimed === 1_000);
    expect(Math.max(...world.store.claims.map((items) => items.length))).toBeLessThanOrEqual(200);
    expect(world.store.claims.length).toBeLessThan(100);
  });

  it('gives a closed cell nothing, until it opens', async () => {
    world.store.register(offerOf('cell-1'), 1);
    const cell = world.join(auctioneer, offerOf('cell-1'));
    await joined(1);
    cell.closed = true;
    cell.tell();
    await pause(30);
    world.store.submit('task');
    await until(() => world.store.notes.length === 1);
    expect(world.store.notes[0]?.reason).toBe(
      'unable to communicate to compatible cells (no compatible cell can take work: 1 taking no new work)',
    );
    expect(cell.got).toEqual([]);
    cell.closed = false;
    cell.tell();
    await until(() => cell.got.length === 1);
  });

  it('honours not_before', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const begun = Date.now();
    world.store.submit('task', { not_before: String(BigInt(begun + 200) * 1_000_000n) });
    await until(() => cell.got.length === 1);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(199);
  });

  it('places a task again that a cell gave back, also under the same uid', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const task = world.store.submit('task');
    await until(() => cell.got.length === 1);
    task.state = 'pending';
    cell.held.clear();
    cell.tell();
    world.store.emit({ pending: task.wire });
    await until(() => cell.got.length === 2);
    expect(cell.got).toEqual(['task', 'task']);
  });
});

describe('what waits', () => {
  it('is told why, once, and placed when room appears', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    world.store.submit('large', { memory_mb: 900 });
    await until(() => cell.got.length === 1);
    for (const guid of ['one', 'two', 'three']) world.store.submit(guid, { memory_mb: 500 });
    await until(() => world.store.notes.length === 3);
    const figures = 'memory: 500 MB asked, most free on a compatible cell 100 MB (cell-1)';
    expect(world.store.notes[0]).toMatchObject({
      reason: `insufficient resources: memory (${figures})`,
      never_fits: false,
    });
    // Other work comes and goes; the reason stays the same in kind.
    world.store.submit('small', { memory_mb: 50 });
    await until(() => cell.got.length === 2);
    cell.finish('small');
    await pause(50);
    expect(world.store.notes).toHaveLength(3);
    cell.finish('large');
    await until(() => cell.got.length === 4);
    expect(cell.got.slice(2)).toEqual(['one', 'two']);
    world.store.remove('three');
    await until(() => auctioneer.stats().pending === 0);
  });

  it('waits while no cell is registered, and says so', async () => {
    world.store.submit('task', { placement_tags: ['gpu'] });
    await until(() => world.store.notes.length === 1);
    expect(world.store.notes[0]).toMatchObject({
      reason: 'unable to communicate to compatible cells (no cell is registered)',
      never_fits: false,
    });
    const cell = world.cell(auctioneer, offerOf('cell-1', { placement_tags: ['gpu'] }));
    await until(() => cell.got.length === 1);
  });
});

describe('what can never run', () => {
  it('is failed at once when all registered cells have joined', async () => {
    world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const task = world.store.submit('task', { placement_tags: ['gpu'] });
    await until(() => task.state === 'rejected');
    expect(world.store.notes).toMatchObject([
      { reason: 'found no compatible cell with placement tag "gpu"', never_fits: true },
    ]);
    expect(world.store.submit('huge', { memory_mb: 5_000 })).toBeDefined();
    await until(() => world.store.tasks.get('huge')?.state === 'rejected');
    expect(world.store.notes[1]?.reason).toBe('insufficient resources: memory');
  });

  it('waits for registered cells that have not joined, for a bounded time', async () => {
    world.store.register(offerOf('missing'), 1);
    world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const task = world.store.submit('task', { placement_tags: ['gpu'] });
    await pause(100);
    expect(task.state).toBe('pending');
    await until(() => task.state === 'rejected');
  });

  it('counts a registered cell that has not joined as one that could take it', async () => {
    world.store.register(offerOf('gpu-cell', { placement_tags: ['gpu'] }), 1);
    world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const task = world.store.submit('task', { placement_tags: ['gpu'] });
    await pause(500);
    expect(task.state).toBe('pending');
    expect(task.wire.waiting_for).toContain('1 not connected');
    const gpu = world.join(auctioneer, offerOf('gpu-cell', { placement_tags: ['gpu'] }));
    await until(() => gpu.got.length === 1);
  });

  it('is not said while a cell may only be restarting', async () => {
    world.cell(auctioneer, offerOf('cell-1'));
    const gpu = world.cell(auctioneer, offerOf('gpu-cell', { placement_tags: ['gpu'] }), 1);
    await joined(2);
    await gpu.leave();
    world.store.unregister('gpu-cell');
    const task = world.store.submit('task', { placement_tags: ['gpu'] });
    await pause(100);
    expect(task.state).toBe('pending');
    const again = world.cell(auctioneer, offerOf('gpu-cell', { placement_tags: ['gpu'] }), 2);
    await until(() => again.got.length === 1);
    await again.leave();
    world.store.unregister('gpu-cell');
    const late = world.store.submit('late', { placement_tags: ['gpu'] });
    await until(() => late.state === 'rejected');
  });

  it('is not said by a second auctioneer that no cell has joined', async () => {
    const second = await world.auctioneer([bbs.address], 50);
    world.store.register(offerOf('cell-1'), 1);
    world.store.submit('task', { placement_tags: ['gpu'] });
    world.store.submit('plain');
    await pause(300);
    expect(world.store.notes).toEqual([]);
    const cell = world.join(second, offerOf('cell-1'));
    await until(() => cell.got.includes('plain'));
  });
});

describe('cells that come and go', () => {
  it('is out at once when its stream ends, and back when it joins again', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const begun = performance.now();
    await cell.leave();
    await joined(0);
    expect(performance.now() - begun).toBeLessThan(10_000);
    world.store.submit('task');
    const again = world.join(auctioneer, offerOf('cell-1'));
    await until(() => again.got.length === 1);
    expect(cell.got).toEqual([]);
  });

  it('ends the older of two streams of one cell', async () => {
    const older = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const newer = world.join(auctioneer, offerOf('cell-1'));
    await older.finished;
    expect(older.ended).toMatchObject({ code: 'conflict' });
    world.store.submit('task');
    await until(() => newer.got.length === 1);
    expect(auctioneer.stats().joined).toBe(1);
  });

  it('gives nothing to a registration that is over', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'), 1);
    await joined(1);
    world.store.register(offerOf('cell-1'), 2);
    await joined(0);
    world.store.submit('task');
    await pause(50);
    expect(world.store.claims).toEqual([]);
    cell.epoch = 2;
    cell.tell();
    await until(() => cell.got.length === 1);
  });

  it('keeps room for work under way over a broken stream', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    cell.acknowledges = false;
    await joined(1);
    world.store.submit('task', { memory_mb: 800 });
    await until(() => cell.got.length === 1);
    await cell.leave();
    // It comes back before it has counted what it was sent.
    const again = world.join(auctioneer, offerOf('cell-1'));
    await joined(1);
    world.store.submit('second', { memory_mb: 800 });
    await until(() => world.store.notes.length === 1);
    expect(again.got).toEqual([]);
  });

  it('refuses a stream that does not say who it is', async () => {
    const nameless = new FakeCell(world.store, auctioneer.address, offerOf(''), 1);
    await nameless.finished;
    expect(nameless.ended).toMatchObject({ code: 'invalid_argument' });
  });
});

describe('a BBS that fails', () => {
  it('is tried again when a claim call fails, and nothing is lost', async () => {
    world.store.claimFailures = [new DomainError('unavailable', 'away'), new DomainError('internal', 'broken')];
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    for (let i = 0; i < 5; i++) world.store.submit(`task-${i}`);
    await until(() => cell.got.length === 5);
    expect(world.store.claimFailures).toEqual([]);
  });

  it('is replaced by another, going on behind the cursor', async () => {
    const second = await world.bbs();
    const both = await world.auctioneer([bbs.address, second.address]);
    const cell = world.cell(both, offerOf('cell-1'));
    await until(() => both.stats().joined === 1);
    world.store.submit('before');
    await until(() => cell.got.length === 1);
    await bbs.stop(50);
    world.store.submit('after');
    await until(() => cell.got.length === 2);
    expect(world.store.watched.some((cursor) => cursor !== '')).toBe(true);
  });

  it('may take a claim that another auctioneer won: this one lets go of it', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const task = world.store.submit('task', { memory_mb: 900 });
    task.state = 'claimed';
    await until(() => world.store.claims.length === 1);
    world.store.emit({ gone: { task_guid: 'task' } });
    await until(() => auctioneer.stats().pending === 0);
    // Its room is free again.
    world.store.submit('next', { memory_mb: 900 });
    await until(() => cell.got.length === 1);
    expect(cell.got).toEqual(['next']);
  });
});

describe('stopping', () => {
  it('ends the streams within seconds', async () => {
    const cell = world.cell(auctioneer, offerOf('cell-1'));
    await joined(1);
    const begun = performance.now();
    await auctioneer.stop();
    await cell.finished;
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(cell.ended).toMatchObject({ code: 'unavailable' });
  });
});
