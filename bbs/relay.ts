import { randomUUID } from 'node:crypto';
import { DomainError } from '../src/domain/errors.ts';
import { AsyncQueue } from '../src/platform/async-queue.ts';
import type { Control, Order } from './control.ts';

interface Pipe<T> {
  readonly cellId: string;
  readonly queue: AsyncQueue<T>;
  begun: boolean;
  /** Resolves when there is room again. */
  drained: () => void;
  pending: number;
}

export interface RelayOptions<T> {
  /** For the messages: `the logs`. */
  readonly what: string;
  /** How much of the room an item takes. */
  readonly weight: (item: T) => number;
  /** On the way from the cell to the reader; past this the cell's push waits, and so does its reading of the disk. */
  readonly inFlight: number;
  readonly answerMs: number;
}

/** Joins a reader's question with the push of the cell that answers it. Nothing is kept here. */
export class Relay<T> {
  readonly #control: Control;
  readonly #options: RelayOptions<T>;
  readonly #pipes = new Map<string, Pipe<T>>();

  constructor(control: Control, options: RelayOptions<T>) {
    this.#control = control;
    this.#options = options;
  }

  /**
   * Asks one cell and yields what it pushes.
   * @throws DomainError `unavailable` when the cell is not connected to this BBS or does not begin in time.
   */
  async *ask(cellId: string, order: (requestId: string) => Order, signal: AbortSignal): AsyncGenerator<T> {
    const { what, weight, inFlight, answerMs } = this.#options;
    const requestId = randomUUID();
    const pipe: Pipe<T> = { cellId, queue: new AsyncQueue(), begun: false, drained: () => {}, pending: 0 };
    this.#pipes.set(requestId, pipe);
    const late = setTimeout(() => {
      if (!pipe.begun)
        pipe.queue.end(new DomainError('unavailable', `cell ${cellId} did not send ${what} within ${answerMs} ms`));
    }, answerMs);
    const hangUp = () => pipe.queue.end();
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      if (!this.#control.send(cellId, order(requestId))) {
        throw new DomainError('unavailable', `cell ${cellId} is not connected; ${what} can be read when it is back`);
      }
      for await (const item of pipe.queue) {
        yield item;
        pipe.pending -= weight(item);
        if (pipe.pending < inFlight) pipe.drained();
      }
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', hangUp);
      this.#pipes.delete(requestId);
      pipe.queue.end();
      pipe.drained();
    }
  }

  /** The cell's side. Answers when the push is over, or at once when its reader has gone. */
  async accept<M extends { readonly request_id: string; readonly cell_id: string }>(
    messages: AsyncIterable<M>,
    mayPush: (cellId: string) => void,
    itemOf: (message: M) => T | undefined,
  ): Promise<void> {
    const { weight, inFlight, what } = this.#options;
    let pipe: Pipe<T> | undefined;
    let failure: Error | undefined;
    try {
      for await (const message of messages) {
        if (pipe === undefined) {
          mayPush(message.cell_id);
          pipe = this.#pipes.get(message.request_id);
          if (pipe === undefined || pipe.cellId !== message.cell_id) return;
          pipe.begun = true;
        }
        const item = itemOf(message);
        if (item === undefined) continue;
        pipe.pending += weight(item);
        if (!pipe.queue.push(item)) return;
        if (pipe.pending >= inFlight) await room(pipe);
      }
    } catch (error) {
      failure = new DomainError('unavailable', `the cell broke off ${what}; go on from where it came to`, {
        cause: error,
      });
    } finally {
      pipe?.queue.end(failure);
    }
  }
}

async function room(pipe: Pipe<unknown>): Promise<void> {
  await new Promise<void>((resolve) => {
    pipe.drained = () => {
      pipe.drained = () => {};
      resolve();
    };
  });
}
