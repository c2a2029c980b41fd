import { describe, expect, it } from 'vitest';
import { DueQueue } from '../../../bbs/due-queue.ts';

interface Due {
  readonly at: number;
  readonly guid: number;
}

describe('what is due', () => {
  it('comes in its order, whatever was cleared away', () => {
    const over = new Set<number>();
    const queue = new DueQueue<Due>(
      ({ guid }) => over.has(guid),
      () => 10,
    );
    for (let guid = 0; guid < 20_000; guid += 1) {
      queue.push({ at: (guid * 7_919) % 20_011, guid });
      if (guid % 2_000 !== 0) over.add(guid);
    }
    const left: Due[] = [];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) if (!over.has(next.guid)) left.push(next);
    expect(left.map(({ guid }) => guid).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, at) => at * 2_000),
    );
    expect(left.map(({ at }) => at)).toEqual(left.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(queue.peek()).toBeUndefined();
  });

  it('takes the room of what lives, not of all that ever was due', () => {
    let living = 0;
    const queue = new DueQueue<Due>(
      ({ guid }) => guid !== living,
      () => 1,
    );
    let longest = 0;
    for (; living < 100_000; living += 1) {
      queue.push({ at: living + 1_800_000, guid: living });
      longest = Math.max(longest, queue.length);
    }
    expect(longest).toBeLessThan(1_100);
  });

  it('loses nothing of many that live', () => {
    const queue = new DueQueue<Due>(
      () => false,
      () => 50_000,
    );
    for (let guid = 0; guid < 50_000; guid += 1) queue.push({ at: -guid, guid });
    expect(queue.length).toBe(50_000);
    expect(queue.peek()).toEqual({ at: -49_999, guid: 49_999 });
  });

  it('does not look through all of them again and again where one is due many times', () => {
    let looked = 0;
    const queue = new DueQueue<Due>(
      () => {
        looked += 1;
        return false;
      },
      () => 1,
    );
    for (let at = 0; at < 100_000; at += 1) queue.push({ at, guid: 1 });
    expect(queue.length).toBe(100_000);
    expect(looked).toBeLessThan(300_000);
  });
});
