import { DomainError, errorText } from '../src/domain/errors.ts';
import { isTerminal, type Task } from '../src/domain/task.ts';
import type { CellData } from './cell-data.ts';
import type { Control } from './control.ts';
import type { History } from './history/history.ts';
import type { CellEventRecord, CellEventsRecord } from './records.ts';
import type { Store } from './store/store.ts';
import { cellEvents, cellEventsWrites, keptCellEvents, merged, ownEvents, type TimelineEvent } from './timeline.ts';
import type { View } from './view.ts';

export interface TimelinesDeps {
  readonly store: Store;
  readonly view: View;
  readonly history: History;
  readonly control: Control;
  readonly data: CellData;
}

export interface TaskTimeline {
  readonly events: readonly TimelineEvent[];
  /** What is missing, and why. */
  readonly notes: readonly string[];
}

interface Placement {
  readonly cell: string;
  readonly attempt: string;
}

/** Earlier placements whose cells are asked: more than these are in the records of their release. */
const MOST_ASKED = 4;

/** Brings together what the record, the history and the cells tell of a task. */
export class Timelines {
  readonly #deps: TimelinesDeps;

  constructor(deps: TimelinesDeps) {
    this.#deps = deps;
  }

  /** @param engineCalls with each call of an engine that concerned the task, as far as its cells remember. */
  async of(task: Task, signal: AbortSignal, engineCalls = false): Promise<TaskTimeline> {
    const { store, view, history } = this.#deps;
    const live = view.task(task.task_guid);
    const status = live?.status.uid === task.uid ? live.status : undefined;
    const record = status === undefined ? (await history.get(String(task.number), undefined))?.record : undefined;
    const sealed = record?.uid === task.uid ? record : undefined;
    const trail = status?.trail ?? sealed?.trail ?? [];
    const tries = view.owed(task.uid)?.tries ?? sealed?.delivery?.tries ?? [];
    const own = ownEvents({ task, trail, tries, callbackUrl: task.completion_callback_url, sealed });
    const kept = [...(sealed?.events ?? []), ...(await keptCellEvents(store, task.number))];
    const after = await this.#afterReport(task, kept, signal);
    const told = kept.map(({ cell, attempt, events }) => [
      ...cellEvents(cell, attempt, events),
      ...(attempt === task.attempt ? after : []),
    ]);
    const placements: Placement[] = trail
      .flatMap(({ cell = '', attempt = '' }) => (cell === '' || attempt === '' ? [] : [{ cell, attempt }]))
      .slice(-MOST_ASKED);
    if (task.cell_id !== '') placements.push({ cell: task.cell_id, attempt: task.attempt });
    const notes: string[] = [];
    const open = placements.filter(({ attempt }) => !kept.some((one) => one.attempt === attempt));
    const asked = await Promise.all(open.map(async (placement) => await this.#ask(task, placement, notes, signal)));
    const calls = engineCalls
      ? await Promise.all(placements.map(async (placement) => await this.#ask(task, placement, notes, signal, true)))
      : [];
    return { events: merged(own, withCalls([...told, ...asked], calls)), notes };
  }

  /** A cell removes the container once its report was taken: no record tells of that, only the cell, as long as it keeps it. */
  async #afterReport(
    task: Task,
    kept: readonly CellEventsRecord[],
    signal: AbortSignal,
  ): Promise<readonly TimelineEvent[]> {
    const { cell_id: cell, attempt } = task;
    const last = kept.find((one) => one.attempt === attempt)?.events.at(-1);
    if (last === undefined || !this.#deps.control.isConnected(cell)) return [];
    const events = await this.#ask(task, { cell, attempt }, [], signal);
    return events.filter(({ time }) => time > BigInt(last.t));
  }

  /** What a cell saw of an attempt whose end it does not report. */
  async note(guid: string, cell: string, attempt: string, events: readonly CellEventRecord[]): Promise<void> {
    const { store, view, history } = this.#deps;
    const live = view.task(guid)?.status;
    const status = live ?? (await history.get(guid, undefined))?.task;
    if (status?.attempt !== attempt || status.cell_id !== cell || !isTerminal(status.state)) {
      throw new DomainError('stale_attempt', `task ${guid} has not ended on this attempt`);
    }
    const writes = cellEventsWrites(cell, attempt, events, 'end')(status);
    if (writes.length === 0) return;
    if (live !== undefined) await store.commit({ guards: [], writes });
    // With its record written again, so that it is archived with it.
    else await history.amend(status.number, (record) => record, writes);
  }

  async #ask(
    task: Task,
    { cell, attempt }: Placement,
    notes: string[],
    signal: AbortSignal,
    engineCalls = false,
  ): Promise<readonly TimelineEvent[]> {
    const missing = (why: string) =>
      notes.push(`what cell ${cell} saw of attempt ${attempt.slice(0, 8)} is missing: ${why}`);
    if (!this.#deps.control.isConnected(cell)) {
      missing('the cell is not connected');
      return [];
    }
    try {
      const place = { cellId: cell, guid: task.task_guid, attempt };
      const { events } = await this.#deps.data.timeline(place, signal, engineCalls);
      return events.map(({ time, component, kind, text, cause, data }) => ({
        time: BigInt(time),
        actor: cell,
        component,
        kind,
        text,
        cause,
        data,
        attempt,
      }));
    } catch (error) {
      signal.throwIfAborted();
      missing(errorText(error));
      return [];
    }
  }
}

/** Calls stand among what their cell saw of the attempt: both are by one clock. */
function withCalls(
  groups: readonly (readonly TimelineEvent[])[],
  calls: readonly (readonly TimelineEvent[])[],
): readonly (readonly TimelineEvent[])[] {
  const attemptOf = (events: readonly TimelineEvent[]) => events[0]?.attempt;
  const alone = calls.filter((made) => !groups.some((seen) => attemptOf(seen) === attemptOf(made)));
  const together = groups.map((seen) => {
    const made = calls.find((one) => attemptOf(one) === attemptOf(seen)) ?? [];
    return made.length === 0 ? seen : [...seen, ...made].toSorted((a, b) => Number(a.time - b.time));
  });
  return [...together, ...alone];
}
