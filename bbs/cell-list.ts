import { formatGoDuration } from '../src/domain/duration.ts';
import { DomainError } from '../src/domain/errors.ts';
import type { Clock } from '../src/platform/clock.ts';
import { definitionOf } from './live-task.ts';
import type { MassLoss } from './mass-loss.ts';
import type { CellOffer } from './records.ts';
import type { View } from './view.ts';

/** As readers get it. Times are UNIX nanoseconds as text, 0 = none. */
export interface ListedCell {
  readonly offer: CellOffer;
  readonly epoch: number;
  readonly registered_at: string;
  readonly reserved: CellOffer['capacity'];
  readonly tasks_claimed: number;
  readonly tasks_running: number;
  readonly state: 'ready' | 'draining' | 'drained' | 'away';
  readonly note: string;
  readonly drain_deadline: string;
}

export interface CellListDeps {
  readonly view: View;
  readonly massLoss: MassLoss;
  readonly clock: Clock;
}

/** The cells for people: what each has and holds, and what is the matter with it. */
export class CellList {
  readonly #deps: CellListDeps;

  constructor(deps: CellListDeps) {
    this.#deps = deps;
  }

  /** By name: all that are registered, and those away that hold tasks or are to be drained. */
  all(): ListedCell[] {
    const { view } = this.#deps;
    const ids = new Set([...view.holders(), ...view.drains()]);
    for (const { record } of view.cells()) ids.add(record.offer.cell_id);
    return [...ids].sort().map((id) => this.#cell(id));
  }

  /** @throws DomainError `not_found`. */
  one(id: string): ListedCell {
    const { view } = this.#deps;
    if (view.cell(id) === undefined && view.drain(id) === undefined && view.tasksOfCell(id).length === 0)
      throw new DomainError('not_found', `there is no cell ${id}`);
    return this.#cell(id);
  }

  #cell(id: string): ListedCell {
    const { view } = this.#deps;
    const live = view.cell(id);
    const held = view.tasksOfCell(id);
    const reserved = { memory_mb: 0, disk_mb: 0, containers: held.length };
    for (const task of held) {
      const { memory_mb, disk_mb } = definitionOf(task);
      reserved.memory_mb += memory_mb;
      reserved.disk_mb += disk_mb;
    }
    const running = held.filter((task) => task.status.state === 'RUNNING').length;
    const drain = view.drain(id);
    return {
      offer: live?.record.offer ?? view.absent.get(id)?.last?.record.offer ?? unknownOffer(id),
      epoch: live?.epoch ?? 0,
      registered_at: live?.record.registered_at ?? '0',
      reserved,
      tasks_claimed: held.length - running,
      tasks_running: running,
      state: live === undefined ? 'away' : drain === undefined ? 'ready' : held.length === 0 ? 'drained' : 'draining',
      note: this.#note(id, running),
      drain_deadline: drain === undefined ? '0' : (BigInt(drain.deadline_at) * 1_000_000n).toString(),
    };
  }

  #note(id: string, running: number): string {
    const { view, massLoss, clock } = this.#deps;
    const notes: string[] = [];
    const drain = view.drain(id);
    if (drain !== undefined) notes.push(`to be drained, asked by ${drain.by}`);
    const gone = view.cell(id) === undefined ? view.absent.get(id) : undefined;
    if (gone !== undefined) {
      const seconds = Math.max(0, Math.round((clock.monotonicMs() - gone.sinceMs) / 1_000));
      notes.push(`not registered for ${formatGoDuration(seconds * 1_000)}`);
    }
    const spared = massLoss.heldMs(id);
    if (spared !== undefined && running > 0) {
      const at = new Date(clock.nowMs() + spared).toISOString().slice(0, 19).replace('T', ' ');
      notes.push(`went together with most cells; its ${running} running tasks are not called lost before ${at} UTC`);
    }
    return notes.join('; ');
  }
}

function unknownOffer(cell_id: string): CellOffer {
  const nothing = { memory_mb: 0, disk_mb: 0, containers: 0 };
  const none = {
    stacks: [],
    preloaded_rootfs: [],
    rootfs_schemes: [],
    placement_tags: [],
    optional_placement_tags: [],
  };
  return { cell_id, zone: '', ...none, capacity: nothing, versions: {} };
}
