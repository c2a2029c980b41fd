import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Control, type Order } from '../../../bbs/control.ts';
import type { LiveTask, View, ViewListener } from '../../../bbs/view.ts';

/** Only what orders are made of. */
class FakeView {
  readonly #tasks = new Map<string, LiveTask>();
  #listener: ViewListener | undefined;

  listen(listener: ViewListener): () => void {
    this.#listener = listener;
    return () => {};
  }

  task(guid: string): LiveTask | undefined {
    return this.#tasks.get(guid);
  }

  newest(guid: string): LiveTask | undefined {
    return this.#tasks.get(guid);
  }

  tasksOfCell(): LiveTask[] {
    return [];
  }

  put(guid: string, state: string, attempt: string, outcome = ''): void {
    const before = this.#tasks.get(guid);
    const after = {
      state,
      status: { task_guid: guid, state, attempt, outcome, cell_id: 'cell-1' },
    } as unknown as LiveTask;
    this.#tasks.set(guid, after);
    this.#listener?.({ kind: 'task', cursor: '', guid, before, after });
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('orders for a cell', () => {
  it('name a claim that it has not started for a moment, once, and no other', async () => {
    const view = new FakeView();
    const control = new Control(view as unknown as View, 1_000);
    const queue = control.connect('cell-1');
    const told: Order[] = [];
    void (async () => {
      for await (const order of queue) told.push(order);
    })();
    for (const guid of ['started', 'lies', 'anew', 'back']) view.put(guid, 'CLAIMED', `${guid}-1`);
    view.put('started', 'RUNNING', 'started-1');
    view.put('back', 'PENDING', '');
    await vi.advanceTimersByTimeAsync(500);
    view.put('late', 'CLAIMED', 'late-1');
    view.put('anew', 'PENDING', '');
    view.put('anew', 'CLAIMED', 'anew-2');
    expect(told.filter(({ type }) => type === 'claimed')).toEqual([]);
    await vi.advanceTimersByTimeAsync(600);
    expect(told.filter(({ type }) => type === 'claimed')).toEqual([
      { type: 'claimed', guid: 'lies', attempt: 'lies-1' },
    ]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(told.filter(({ type }) => type === 'claimed').slice(1)).toEqual([
      { type: 'claimed', guid: 'late', attempt: 'late-1' },
      { type: 'claimed', guid: 'anew', attempt: 'anew-2' },
    ]);
    control.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stop what was ended or taken elsewhere, and not what the cell told the end of', async () => {
    const view = new FakeView();
    const control = new Control(view as unknown as View);
    const queue = control.connect('cell-1');
    for (const outcome of ['succeeded', 'failed', 'timed_out', 'infra_failed', 'cancelled', 'lost']) {
      view.put(outcome, 'RUNNING', `${outcome}-1`);
      view.put(outcome, 'COMPLETED', `${outcome}-1`, outcome);
    }
    view.put('taken', 'CLAIMED', 'taken-1');
    view.put('taken', 'PENDING', '');
    queue.end();
    const stopped: string[] = [];
    for await (const order of queue) if (order.type === 'stop') stopped.push(order.stop.attempt);
    expect(stopped).toEqual(['cancelled-1', 'lost-1', 'taken-1']);
    control.close();
  });

  it('name to each cell what was placed on it, in one order', () => {
    const control = new Control(new FakeView() as unknown as View);
    const [one, two] = [control.connect('cell-1'), control.connect('cell-2')];
    const task = (guid: string, cell_id: string) => ({ guid, status: { cell_id } }) as unknown as LiveTask;
    const [a, b, c, nowhere] = [task('a', 'cell-1'), task('b', 'cell-2'), task('c', 'cell-1'), task('d', 'cell-3')];
    control.place([a, b, c, nowhere]);
    expect([one.size, two.size]).toEqual([1, 1]);
    control.close();
  });

  it('name a claim at once where its output is asked for: who has not heard of it would say that there is none', async () => {
    const view = new FakeView();
    const control = new Control(view as unknown as View);
    const queue = control.connect('cell-1');
    view.put('g', 'CLAIMED', 'g-1');
    const logs = { guid: 'g', requestId: 'r', afterSequence: 0, follow: true, stream: '', source: '' };
    control.send('cell-1', { type: 'logs', logs: { ...logs, attempt: 'g-0' } });
    control.send('cell-1', { type: 'logs', logs: { ...logs, attempt: 'g-1' } });
    view.put('g', 'RUNNING', 'g-1');
    control.send('cell-1', { type: 'logs', logs: { ...logs, attempt: 'g-1' } });
    queue.end();
    const told: string[] = [];
    for await (const order of queue) told.push(order.type);
    expect(told).toEqual(['logs', 'claimed', 'logs', 'logs']);
    control.close();
  });
});
