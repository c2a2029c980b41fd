import { AWAY_MS } from '../src/domain/deadlines.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { LiveCell, ViewListener } from './view-change.ts';

/** What is asked of the view that this is a part of. */
interface Present {
  listen(listener: ViewListener): unknown;
  cell(id: string): LiveCell | undefined;
  cells(): Iterable<LiveCell>;
  holders(): Iterable<string>;
  tasksOfCell(id: string): { readonly length: number };
}

export interface AbsentCell {
  readonly id: string;
  /** Undefined when this process never saw the cell registered. */
  readonly last: LiveCell | undefined;
  /** Of the monotonic clock: when it was seen to go, or when this process began. */
  readonly sinceMs: number;
}

/** Cells that have lost their place and not come back, or hold tasks without a place. From the view's changes alone, so every BBS tells about the same. */
export class AbsentCells {
  readonly #view: Present;
  readonly #clock: Clock;
  readonly #present = new Map<string, LiveCell>();
  readonly #gone = new Map<string, AbsentCell>();
  readonly #listeners = new Set<(id: string, gone: boolean) => void>();

  constructor(view: Present, clock: Clock) {
    this.#view = view;
    this.#clock = clock;
    view.listen((change) => {
      if (change.kind === 'reset') this.compare();
      if (change.kind === 'cell') this.#take(change.id);
    });
  }

  get(id: string): AbsentCell | undefined {
    return this.#gone.get(id);
  }

  /** Those that went at most so many milliseconds ago. */
  within(ms: number): AbsentCell[] {
    const since = this.#clock.monotonicMs() - ms;
    return [...this.#gone.values()].filter((cell) => cell.sinceMs >= since);
  }

  /** Called whenever a cell has gone or come back. */
  listen(listener: (id: string, gone: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** Finds out by itself who is there and who is not: the view was read anew. */
  compare(): void {
    const ids = new Set([...this.#present.keys(), ...this.#view.holders()]);
    for (const { record } of this.#view.cells()) ids.add(record.offer.cell_id);
    for (const id of ids) this.#take(id);
  }

  #take(id: string): void {
    const cell = this.#view.cell(id);
    if (cell !== undefined) {
      this.#present.set(id, cell);
      if (this.#gone.delete(id)) this.#tell(id, false);
      return;
    }
    if (this.#gone.has(id)) return;
    this.#forgetOld();
    this.#gone.set(id, { id, last: this.#present.get(id), sinceMs: this.#clock.monotonicMs() });
    this.#present.delete(id);
    this.#tell(id, true);
  }

  #tell(id: string, gone: boolean): void {
    for (const listener of this.#listeners) listener(id, gone);
  }

  /** Those without tasks, once nothing waits for them any more. */
  #forgetOld(): void {
    const before = this.#clock.monotonicMs() - AWAY_MS;
    for (const { id, sinceMs } of this.#gone.values())
      if (sinceMs < before && this.#view.tasksOfCell(id).length === 0) this.#gone.delete(id);
  }
}
