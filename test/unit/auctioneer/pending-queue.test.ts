import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needsOf } from '../../../src/auction/needs.ts';
import { PendingQueue } from '../../../src/auctioneer/pending-queue.ts';
import type { PendingTask } from '../../../src/auctioneer/wire.ts';

function pending(guid: string, changes: Partial<PendingTask> = {}): PendingTask {
  const needs = needsOf('linux', 'docker:///x', []);
  return {
    guid,
    uid: guid,
    domain: 'd',
    needs,
    memoryMb: 100,
    diskMb: 10,
    cpuWeight: 0,
    createdAt: 0,
    waitingFor: '',
    notBeforeMs: 0,
    ...changes,
  };
}

const guids = (tasks: readonly { guid: string }[]) => tasks.map((task) => task.guid);

describe('PendingQueue', () => {
  it('gives the oldest first, over all kinds', () => {
    const queue = new PendingQueue();
    queue.add(pending('c', { createdAt: 3, memoryMb: 1 }));
    queue.add(pending('a', { createdAt: 1, memoryMb: 2 }));
    queue.add(pending('d', { createdAt: 4, memoryMb: 2 }));
    queue.add(pending('b', { createdAt: 2, memoryMb: 1 }));
    expect(guids(queue.take(3, 0).flat())).toEqual(['a', 'b', 'c']);
    expect(guids(queue.take(3, 0).flat())).toEqual(['d']);
    expect(queue.size).toBe(4);
  });

  it('refuses all that ask for the same as one, until woken', () => {
    const queue = new PendingQueue();
    for (const guid of ['a', 'b', 'c']) queue.add(pending(guid));
    queue.add(pending('other', { memoryMb: 1 }));
    const [first] = queue.take(1, 0).flat();
    if (first === undefined) throw new Error('nothing taken');
    expect(guids(queue.park(first, 'full', 0)).sort()).toEqual(['a', 'b', 'c']);
    expect(guids(queue.take(9, 0).flat())).toEqual(['other']);
    expect(queue.add(pending('late')).refusal).toBe('full');
    expect(queue.wake(9, (_needs, memoryMb) => memoryMb < 100)).toBe(0);
    expect(queue.wake(9, (_needs, memoryMb) => memoryMb === 100)).toBe(1);
    // First a few of them: the room may be for one only.
    expect(guids(queue.take(9, 0).flat())).toEqual(['a', 'b']);
    expect(guids(queue.take(9, 0).flat())).toEqual(['c', 'late']);
  });

  it('tells a whole lot of a new reason only, and not too often', () => {
    const queue = new PendingQueue();
    for (const guid of ['a', 'b']) queue.add(pending(guid));
    const told = (reason: string, ms: number) => {
      queue.wakeAll();
      const [task] = queue.take(1, ms).flat();
      return task === undefined ? -1 : queue.park(task, reason, ms).length;
    };
    expect(told('memory', 0)).toBe(2);
    expect(told('memory', 60_000)).toBe(1);
    expect(told('disk', 61_000)).toBe(2);
    expect(told('memory', 62_000)).toBe(1);
    expect(told('memory', 95_000)).toBe(2);
  });

  it('keeps delayed tasks back until their time', () => {
    const queue = new PendingQueue();
    queue.add(pending('later', { notBeforeMs: 50 }));
    queue.add(pending('now'));
    expect(guids(queue.take(9, 10).flat())).toEqual(['now']);
    expect(queue.nextDueMs).toBe(50);
    queue.due(49);
    expect(queue.take(9, 49).flat()).toEqual([]);
    queue.due(50);
    expect(guids(queue.take(9, 50).flat())).toEqual(['later']);
  });

  it('forgets what a new list does not name, and a guid under another uid', () => {
    const queue = new PendingQueue();
    queue.add(pending('stays'));
    queue.add(pending('goes'));
    const reused = queue.add(pending('reused')).task;
    queue.beginList();
    queue.add(pending('stays'));
    queue.add(pending('reused', { uid: 'second life' }));
    queue.endList();
    expect(queue.size).toBe(2);
    queue.drop(reused);
    expect(guids(queue.take(9, 0).flat()).sort()).toEqual(['reused', 'stays']);
  });

  it('loses and doubles nothing, whatever happens in whatever order', () => {
    const step = fc.record({
      what: fc.constantFrom(
        'add',
        'add',
        'remove',
        'take',
        'park',
        'putBack',
        'delay',
        'drop',
        'wake',
        'wakeAll',
        'due',
        'list',
      ),
      n: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new PendingQueue();
        const model = new Set<string>();
        const out: ReturnType<PendingQueue['take']>[number] = [];
        let now = 0;
        for (const { what, n } of steps) {
          const guid = `t${n}`;
          now += 1;
          const held =
            what === 'park' || what === 'putBack' || what === 'delay' || what === 'drop' ? out.shift() : undefined;
          if (what === 'add') {
            queue.add(pending(guid, { memoryMb: n % 3, createdAt: now, domain: `d${n % 2}` }));
            model.add(guid);
          } else if (what === 'remove') {
            queue.remove(guid);
            model.delete(guid);
          } else if (what === 'take') out.push(...queue.take(n, now).flat());
          else if (what === 'wake') queue.wake(n, (_needs, memoryMb) => memoryMb === n % 3);
          else if (what === 'wakeAll') queue.wakeAll();
          else if (what === 'due') queue.due(now);
          else if (what === 'list') {
            queue.beginList();
            if (model.has(guid)) queue.add(pending(guid, { memoryMb: n % 3 }));
            const kept = model.has(guid) ? [guid] : [];
            queue.endList();
            model.clear();
            for (const name of kept) model.add(name);
          } else if (held !== undefined) {
            if (what === 'park') queue.park(held, 'full', now);
            if (what === 'putBack') queue.putBack(held);
            if (what === 'delay') queue.delayUntil(held, now + n);
            if (what === 'drop') {
              if (queue.has(held)) model.delete(held.guid);
              if (n % 2 === 0) queue.drop(held);
              else queue.placed(held);
            }
          }
          expect(queue.size).toBe(model.size);
        }
        // Everything put back and woken comes out once.
        for (const task of out) queue.putBack(task);
        queue.due(now + 100);
        queue.wakeAll();
        const all = [1, 2, 3, 4].flatMap(() => queue.take(100, now + 100).flat());
        expect(guids(all).sort()).toEqual([...model].sort());
      }),
      { numRuns: 1_000 },
    );
  });
});
