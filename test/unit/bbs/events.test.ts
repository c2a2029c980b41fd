import { describe, expect, it } from 'vitest';
import { type Event, Events } from '../../../bbs/events.ts';
import type { LiveTask } from '../../../bbs/live-task.ts';
import type { View, ViewChange, ViewListener } from '../../../bbs/view.ts';

/** Only what the ring uses of a view. */
class FakeView {
  revision = 10;
  #listener: ViewListener | undefined;

  listen(listener: ViewListener): () => void {
    this.#listener = listener;
    return () => {};
  }

  tell(revision: number, index = 0): void {
    this.revision = revision;
    this.#listener?.({
      kind: 'cell',
      cursor: `${revision}-${index}`,
      id: `c${revision}`,
      before: undefined,
      after: undefined,
    });
  }

  /** Tasks by their names; the ring hands them on as they are. */
  task(guid: string, before: string | undefined, after: string | undefined): void {
    this.revision += 1;
    const tasks = { before, after } as unknown as { before: LiveTask | undefined; after: LiveTask | undefined };
    this.#listener?.({ kind: 'task', cursor: `${this.revision}-0`, guid, ...tasks });
  }

  reset(): void {
    this.#listener?.({ kind: 'reset' } satisfies ViewChange);
  }
}

function ring(size: number): { view: FakeView; events: Events } {
  const view = new FakeView();
  return { view, events: new Events(view as unknown as View, size) };
}

async function take(events: Events, from: number, count: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const together of events.read(from, new AbortController().signal, 1_000)) {
    for (const event of together ?? []) seen.push((event as Event & { cursor: string }).cursor);
    if (seen.length >= count) break;
  }
  return seen.slice(0, count);
}

describe('what tasks were before', () => {
  const setup = (size: number) => {
    const view = new FakeView();
    let now = 1_000;
    const events = new Events(view as unknown as View, size, () => now);
    const at = (ms: number, guid: string, before: string | undefined, after: string | undefined) => {
      now = ms;
      view.task(guid, before, after);
    };
    const asOf = (moment: Parameters<Events['since']>[0]) =>
      Object.fromEntries([...events.since(moment)].map(([guid, task]) => [guid, task ?? 'not there']));
    return { view, events, at, asOf };
  };

  it('is found by undoing what happened since, by time and by revision', () => {
    const { at, asOf } = setup(10);
    at(2_000, 'a', undefined, 'a1');
    at(3_000, 'a', 'a1', 'a2');
    at(4_000, 'b', undefined, 'b1');
    at(5_000, 'a', 'a2', undefined);
    expect(asOf({ timeMs: 5_000 })).toEqual({});
    expect(asOf({ timeMs: 4_500 })).toEqual({ a: 'a2' });
    expect(asOf({ timeMs: 3_500 })).toEqual({ a: 'a2', b: 'not there' });
    expect(asOf({ timeMs: 2_000 })).toEqual({ a: 'a1', b: 'not there' });
    expect(asOf({ timeMs: 1_000 })).toEqual({ a: 'not there', b: 'not there' });
    expect(asOf({ revision: 12 })).toEqual({ a: 'a2', b: 'not there' });
    expect(() => asOf({ timeMs: 999 })).toThrow(
      'changes are known here since 1970-01-01T00:00:01.000Z (revision 10), not before',
    );
    expect(() => asOf({ revision: 9 })).toThrow('(revision 10)');
  });

  it('reaches as far back as the ring, and not behind a break; a clock that is set back confuses nothing', () => {
    const { view, at, asOf } = setup(4);
    for (let step = 1; step <= 6; step += 1) at(1_000 * step, `t${step}`, undefined, 'x');
    // t1 and t2 have fallen out; the oldest kept is t3.
    expect(Object.keys(asOf({ timeMs: 3_000 }))).toEqual(['t6', 't5', 't4']);
    expect(() => asOf({ timeMs: 2_999 })).toThrow('since 1970-01-01T00:00:03.000Z');
    at(2_000, 'late', undefined, 'x');
    expect(asOf({ timeMs: 6_000 })).toEqual({});
    view.reset();
    expect(() => asOf({ timeMs: 1_999 })).toThrow('changes are known here since');
    expect(asOf({ timeMs: 2_000 })).toEqual({});
  });
});

describe('what happened since', () => {
  it('is read from the first change after a moment on', async () => {
    const view = new FakeView();
    let now = 1_000;
    const events = new Events(view as unknown as View, 10, () => now);
    for (let step = 2; step <= 4; step += 1) {
      now = 1_000 * step;
      view.task(`t${step}`, undefined, 'x');
    }
    const since = async (timeMs: number, count: number) => await take(events, events.after({ timeMs }), count);
    expect(await since(1_000, 3)).toHaveLength(3);
    expect(await since(2_000, 2)).toEqual((await since(1_000, 3)).slice(1));
    expect(events.after({ timeMs: 4_000 })).toBe(events.position(''));
    expect(() => events.after({ timeMs: 999 })).toThrow('changes are known here since');
  });
});

describe('the event ring', () => {
  it('goes on exactly behind a cursor, also in the middle of one revision', async () => {
    const { view, events } = ring(10);
    view.tell(11, 0);
    view.tell(11, 1);
    view.tell(12, 0);
    expect(await take(events, events.position('11-0') ?? -1, 2)).toEqual(['11-1', '12-0']);
    expect(await take(events, events.position('11-end') ?? -1, 1)).toEqual(['12-0']);
    expect(events.position('12-0')).toBe(events.position(''));
  });

  it('knows nothing of what was before it began, or has been dropped', () => {
    const { view, events } = ring(4);
    expect(events.position('9-0')).toBeUndefined();
    for (let revision = 11; revision <= 20; revision += 1) view.tell(revision);
    expect(events.position('12-0')).toBeUndefined();
    expect(events.position('17-0')).toBeDefined();
  });

  it('tells a reader that fell behind to list again instead of skipping', async () => {
    const { view, events } = ring(4);
    const from = events.position('') ?? -1;
    for (let revision = 11; revision <= 20; revision += 1) view.tell(revision);
    await expect(take(events, from, 1)).rejects.toMatchObject({ code: 'compacted' });
  });

  it('tells every reader to list again when the view was read anew', async () => {
    const { view, events } = ring(4);
    const from = events.position('') ?? -1;
    view.reset();
    await expect(take(events, from, 1)).rejects.toMatchObject({ code: 'compacted' });
    expect(events.position('')).toBeDefined();
  });

  it('says so when nothing happens, and ends when it is closed', async () => {
    const { events } = ring(4);
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const together of events.read(events.position('') ?? -1, new AbortController().signal, 20))
        seen.push(together);
    })();
    await expect.poll(() => seen.length).toBeGreaterThan(1);
    events.close();
    await reading;
    expect(seen.every((together) => together === undefined)).toBe(true);
  });

  it('refuses a cursor it never gave', () => {
    const { events } = ring(4);
    expect(() => events.position('yesterday')).toThrow(/cursor/);
  });
});
