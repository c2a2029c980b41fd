import { msToNanos } from '../domain/duration.ts';
import { durationToWire } from '../rpc/codec.ts';
import type { Cell__Output } from '../rpc/gen/gavel/v1/Cell.ts';
import type { HistoryRecord__Output } from '../rpc/gen/gavel/v1/HistoryRecord.ts';
import type { Resources__Output } from '../rpc/gen/gavel/v1/Resources.ts';
import type { Connection } from './connection.ts';
import { taskError } from './errors.ts';
import { type TaskView, taskView } from './task-view.ts';

/** What became of the completion callback. */
export interface Delivery {
  readonly url: string;
  /** pending, delivered or dead. */
  readonly state: string;
  readonly attempts: number;
  readonly last_status: number;
  readonly last_error: string;
  /** UNIX nanoseconds. */
  readonly next_attempt_at: bigint;
}

export interface HistoryRecord {
  readonly task: TaskView;
  /** UNIX nanoseconds. */
  readonly resolved_at: bigint;
  /** callback, client or expired. */
  readonly resolved_by: string;
  readonly delivery?: Delivery;
  /** Kept whatever the limits of history say. */
  readonly pinned: boolean;
}

export interface PurgeOptions {
  /** Records of tasks that were resolved before it; UNIX nanoseconds or a Date. */
  readonly before: bigint | Date;
  readonly domain?: string;
  /** Only counts. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface Resources {
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly containers: number;
}

export interface Cell {
  readonly cell_id: string;
  readonly zone: string;
  readonly stacks: readonly string[];
  readonly preloaded_rootfs: readonly string[];
  readonly rootfs_schemes: readonly string[];
  readonly placement_tags: readonly string[];
  readonly optional_placement_tags: readonly string[];
  readonly capacity: Resources;
  readonly reserved: Resources;
  readonly tasks_claimed: number;
  readonly tasks_running: number;
  readonly epoch: number;
  /** UNIX nanoseconds. */
  readonly registered_at: bigint;
  readonly versions: Readonly<Record<string, string>>;
  /** ready; draining (gets no new work and still holds tasks), drained (holds none); away (not registered). */
  readonly state: string;
  /** For people; empty when there is nothing to say. */
  readonly note: string;
  /** When what runs is ended, UNIX nanoseconds; 0 = is not to be drained. */
  readonly drain_deadline: bigint;
}

/** Finished tasks after their resolution. */
export class History {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Newest first; pages are fetched as they are needed. */
  async *list(
    filter: { readonly domain?: string; readonly pageSize?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<HistoryRecord, void, undefined> {
    let token = '';
    do {
      const request = { domain: filter.domain ?? '', page_size: filter.pageSize ?? 0, page_token: token };
      const page = await this.#connection.history.ListHistory(request, this.#connection.call(filter.signal));
      for (const record of page.records) yield historyFromWire(record);
      token = page.next_page_token;
    } while (token !== '');
  }

  /** By guid or number; of several lives of a guid, the newest. @throws TaskError `not_found`. */
  async get(id: string | number, signal?: AbortSignal): Promise<HistoryRecord> {
    return historyFromWire(
      await this.#connection.history.GetHistory({ task_guid: String(id) }, this.#connection.call(signal)),
    );
  }

  /** Drops old records but pinned ones. @returns how many went (`dryRun`: would go), and how many as old ones are pinned. */
  async purge(options: PurgeOptions): Promise<{ readonly records: number; readonly pinned: number }> {
    const { before, domain = '', dryRun = false, signal } = options;
    const nanos = before instanceof Date ? msToNanos(before.getTime()) : before;
    const request = { before: nanos.toString(), domain, dry_run: dryRun };
    const { records, pinned } = await this.#connection.history.PurgeHistory(request, this.#connection.call(signal));
    return { records: Number(records), pinned: Number(pinned) };
  }
}

/** A line of a cell's own log. */
export interface CellLogLine {
  /** Counts from the start of the cell's process. */
  readonly sequence: number;
  /** JSON. */
  readonly text: string;
}

export class Cells {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async list(signal?: AbortSignal): Promise<readonly Cell[]> {
    return (await this.census(signal)).cells;
  }

  /**
   * Takes a cell out of the auction, until `undrain`. What runs there may end by itself until the deadline, then it is ended as
   * `infra_failed`, code `cell_drained`.
   * @param deadlineMs from now; left out = 10 minutes, or as it was when the cell is draining already.
   * @throws TaskError `not_found`.
   */
  async drain(
    id: string,
    options: { readonly deadlineMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Cell> {
    const { deadlineMs, signal } = options;
    const deadline = deadlineMs === undefined ? null : durationToWire(deadlineMs);
    const request = { cell_id: id, deadline };
    return cellFromWire(await this.#connection.cluster.DrainCell(request, this.#connection.call(signal)));
  }

  /** The cell takes work again. @throws TaskError `not_found`. */
  async undrain(id: string, signal?: AbortSignal): Promise<Cell> {
    return cellFromWire(await this.#connection.cluster.UndrainCell({ cell_id: id }, this.#connection.call(signal)));
  }

  /**
   * The cell's own log, for operators: the last lines, each a text of JSON, then with `follow` those that come. Its cell keeps the newest 5,000 of its
   * present process. A connection that breaks ends it.
   * @throws TaskError `not_found`; `unavailable` while the cell is not connected.
   */
  async *log(
    id: string,
    options: { readonly tail?: number; readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<CellLogLine, void, undefined> {
    const { tail = 0, follow = false, signal } = options;
    const request = { cell_id: id, tail, follow };
    const call = signal === undefined ? {} : { signal };
    for await (const { lines } of this.#connection.cluster.FollowCellLog(request, call))
      for (const { sequence, text } of lines) yield { sequence: Number(sequence), text };
  }

  /** The cells, and the time that the server has. */
  async census(signal?: AbortSignal): Promise<{ readonly cells: readonly Cell[]; readonly serverTimeMs?: number }> {
    const { cells, now } = await this.#connection.cluster.ListCells({}, this.#connection.call(signal));
    const known = cells.map(cellFromWire);
    return now === '0' ? { cells: known } : { cells: known, serverTimeMs: Number(BigInt(now) / 1_000_000n) };
  }
}

function historyFromWire({ task, resolved_at, resolved_by, delivery, pinned }: HistoryRecord__Output): HistoryRecord {
  if (task === null) throw taskError('internal', 'the server answered a history record without its task');
  return {
    task: taskView(task),
    resolved_at: BigInt(resolved_at),
    resolved_by,
    pinned,
    ...(delivery === null ? {} : { delivery: { ...delivery, next_attempt_at: BigInt(delivery.next_attempt_at) } }),
  };
}

function cellFromWire({ offer, epoch, registered_at, drain_deadline, reserved, ...rest }: Cell__Output): Cell {
  if (offer === null) throw taskError('internal', 'the server answered a cell without its offer');
  const { capacity, ...offered } = offer;
  return {
    ...offered,
    ...rest,
    capacity: resources(capacity),
    reserved: resources(reserved),
    epoch: Number(epoch),
    registered_at: BigInt(registered_at),
    drain_deadline: BigInt(drain_deadline),
  };
}

function resources(wire: Resources__Output | null): Resources {
  return {
    memory_mb: Number(wire?.memory_mb ?? 0),
    disk_mb: Number(wire?.disk_mb ?? 0),
    containers: wire?.containers ?? 0,
  };
}
