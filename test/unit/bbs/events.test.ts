import { describe, expect, it } from 'vitest';
import { type Event, Events } from '../../../bbs/events.ts';
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
  for await (const event of events.read(from, new AbortController().signal, 1_000)) {
    if (event !== undefined) seen.push((event as Event & { cursor: string }).cursor);
    if (seen.length === count) break;
  }
  return seen;
}

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
      for await (const event of events.read(events.position('') ?? -1, new AbortController().signal, 20))
        seen.push(event);
    })();
    await expect.poll(() => seen.length).toBeGreaterThan(1);
    events.close();
    await reading;
    expect(seen.every((event) => event === undefined)).toBe(true);
  });

  it('refuses a cursor it never gave', () => {
    const { events } = ring(4);
    expect(() => events.position('yesterday')).toThrow(/cursor/);
  });
});
