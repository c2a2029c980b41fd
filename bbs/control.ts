import { AsyncQueue } from '../src/platform/async-queue.ts';
import type { LiveTask } from './live-task.ts';
import type { DrainRecord } from './records.ts';
import type { View, ViewChange } from './view.ts';

export interface StopOrder {
  readonly guid: string;
  readonly attempt: string;
  readonly reason: string;
  readonly graceMs: number | undefined;
  /** The attempt goes on until the step that runs has ended. */
  readonly atCheckpoint: boolean;
}

export interface LogsOrder {
  readonly requestId: string;
  readonly guid: string;
  readonly attempt: string;
  readonly afterSequence: number;
  readonly follow: boolean;
  readonly stream: string;
  readonly source: string;
}

export interface ExecOrder {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly dir: string;
  readonly user: string;
  /** Who asks, for the timeline. */
  readonly by: string;
}

export interface DataOrder {
  readonly requestId: string;
  readonly guid: string;
  readonly attempt: string;
  readonly wanted:
    | { readonly what: 'timeline'; readonly engineCalls: boolean }
    | { readonly what: 'outputs'; readonly asked: boolean }
    | {
        readonly what: 'download';
        readonly asked: boolean;
        readonly names: readonly string[];
        readonly offset: number;
      }
    /** Of everything that runs there, or of one attempt; the guid plays no part. */
    | { readonly what: 'usage' }
    | { readonly what: 'cell log'; readonly tail: number; readonly follow: boolean }
    | ({ readonly what: 'exec' } & ExecOrder);
}

export type Order =
  | { readonly type: 'stop'; readonly stop: StopOrder }
  | { readonly type: 'claimed'; readonly guid: string; readonly attempt: string }
  | { readonly type: 'placed'; readonly tasks: readonly LiveTask[] }
  | { readonly type: 'logs'; readonly logs: LogsOrder }
  | { readonly type: 'data'; readonly data: DataOrder }
  | { readonly type: 'drain'; readonly drain: DrainRecord | undefined };

/** A cell that lets so many orders lie is stuck; its stream ends, and it asks for its whole list when it comes back. */
const QUEUE = 10_000;

/**
 * How long a claim may lie before its cell is told of it (again) from here. The BBS that made the claim tells it at once; this is for cells that
 * its word did not reach, and said of every claim by every BBS it was a message to each task that started long ago (`docs/performance.md`).
 */
const UNHEARD_MS = 1_000;

interface Unheard {
  readonly cell: string;
  readonly guid: string;
  readonly attempt: string;
  readonly dueMs: number;
}

/** What this BBS has to say to cells, each over the stream that the cell opened. Hints only: a cell's own list is the truth. */
export class Control {
  readonly #queues = new Map<string, AsyncQueue<Order>>();
  readonly #view: View;
  readonly #unlisten: () => void;
  readonly #unheardMs: number;
  /** Claims of the last moment, the oldest first, and the timer of that one. */
  readonly #claims: Unheard[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(view: View, unheardMs = UNHEARD_MS) {
    this.#view = view;
    this.#unheardMs = unheardMs;
    this.#unlisten = view.listen((change) => this.#take(change));
  }

  close(): void {
    this.#unlisten();
    clearTimeout(this.#timer);
    for (const queue of this.#queues.values()) queue.end();
  }

  /** The orders for one cell from now on. A second stream of the same cell takes the first one's place. */
  connect(cellId: string): AsyncQueue<Order> {
    this.#queues.get(cellId)?.end();
    const queue = new AsyncQueue<Order>(QUEUE);
    this.#queues.set(cellId, queue);
    // A cell's own list tells it what is over; of these it would not hear again.
    for (const task of this.#view.tasksOfCell(cellId)) {
      if (atCheckpoint(task)) queue.push(checkpointOrder(task));
    }
    return queue;
  }

  disconnect(cellId: string, queue: AsyncQueue<Order>): void {
    queue.end();
    if (this.#queues.get(cellId) === queue) this.#queues.delete(cellId);
  }

  isConnected(cellId: string): boolean {
    return this.#queues.has(cellId);
  }

  /** @returns false when the cell has no stream to this BBS. */
  send(cellId: string, order: Order): boolean {
    const queue = this.#queues.get(cellId);
    if (queue === undefined) return false;
    const claim = order.type === 'logs' ? this.#claimOf(order.logs) : undefined;
    // The cell may not have heard of it yet, and would answer that it keeps no output of such a task.
    if (claim !== undefined) queue.push(claim);
    if (queue.push(order)) return true;
    queue.end();
    this.#queues.delete(cellId);
    return false;
  }

  /** Tells cells what has just been claimed for them here. */
  place(tasks: readonly LiveTask[]): void {
    const parcels = new Map<string, LiveTask[]>();
    for (const task of tasks) {
      const { cell_id } = task.status;
      const parcel = parcels.get(cell_id);
      if (parcel === undefined) parcels.set(cell_id, [task]);
      else parcel.push(task);
    }
    for (const [cellId, parcel] of parcels) this.send(cellId, { type: 'placed', tasks: parcel });
  }

  #claimOf({ guid, attempt }: LogsOrder): Order | undefined {
    const status = this.#view.newest(guid)?.status;
    return status?.state === 'CLAIMED' && status.attempt === attempt ? { type: 'claimed', guid, attempt } : undefined;
  }

  #take(change: ViewChange): void {
    if (change.kind === 'drain') this.send(change.id, { type: 'drain', drain: change.after });
    if (change.kind !== 'task') return;
    const from = holder(change.before);
    const to = holder(change.after);
    if (to !== undefined && change.after?.status.state === 'CLAIMED' && from?.attempt !== to.attempt) {
      const { cell, attempt } = to;
      this.#claims.push({ cell, attempt, guid: change.guid, dueMs: performance.now() + this.#unheardMs });
      this.#timer ??= setTimeout(() => this.#tellUnheard(), this.#unheardMs);
    }
    if (from === undefined) return;
    if (from.attempt === to?.attempt) {
      const { before, after } = change;
      if (after !== undefined && atCheckpoint(after) && before?.status.stop_request === undefined)
        this.send(from.cell, checkpointOrder(after));
      return;
    }
    if (wasTold(change.after)) return;
    const stop = change.after?.status.stop_request;
    this.send(from.cell, {
      type: 'stop',
      stop: {
        guid: change.guid,
        attempt: from.attempt,
        reason: stop?.reason ?? 'the attempt is over',
        graceMs: stop?.grace_ms,
        atCheckpoint: false,
      },
    });
  }

  /** Of the claims whose time has come, those that are still no more than that. */
  #tellUnheard(): void {
    const now = performance.now();
    // A timer may fire a little early.
    const later = this.#claims.findIndex(({ dueMs }) => dueMs > now + 1);
    for (const { cell, guid, attempt } of this.#claims.splice(0, later === -1 ? this.#claims.length : later)) {
      const status = this.#view.task(guid)?.status;
      if (status?.state === 'CLAIMED' && status.attempt === attempt)
        this.send(cell, { type: 'claimed', guid, attempt });
    }
    const [next] = this.#claims;
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#tellUnheard(), Math.max(1, next.dueMs - now));
  }
}

function atCheckpoint({ status }: LiveTask): boolean {
  return status.state === 'RUNNING' && status.stop_request?.at_checkpoint === true;
}

/** Whether the cell itself told the end: it has nothing left to stop, and each task would be a message to it more. */
function wasTold(task: LiveTask | undefined): boolean {
  return task?.state === 'COMPLETED' && task.status.outcome !== 'cancelled' && task.status.outcome !== 'lost';
}

function checkpointOrder({ status }: LiveTask): Order {
  const { task_guid: guid, attempt, stop_request } = status;
  const reason = stop_request?.reason ?? '';
  return { type: 'stop', stop: { guid, attempt, reason, graceMs: undefined, atCheckpoint: true } };
}

function holder(task: LiveTask | undefined): { cell: string; attempt: string } | undefined {
  if (task === undefined || (task.status.state !== 'CLAIMED' && task.status.state !== 'RUNNING')) return undefined;
  return { cell: task.status.cell_id, attempt: task.status.attempt };
}
