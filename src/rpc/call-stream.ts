import type * as grpc from '@grpc/grpc-js';
import { DomainError } from '../domain/errors.ts';
import type { StreamedAnswer__Output } from './gen/gavel/v1/StreamedAnswer.ts';
import type { StreamedCall } from './gen/gavel/v1/StreamedCall.ts';
import { fromAnswer, fromStatus } from './status.ts';
import { MAX_MESSAGE_BYTES, STREAMED_HEAD_BYTES } from './types.ts';

export type Calls = grpc.ClientDuplexStream<StreamedCall, StreamedAnswer__Output>;

export interface CallHead {
  readonly method: string;
  readonly traceparent: string;
  readonly request_id: string;
}

interface Waiting {
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (failure: DomainError) => void;
}

/**
 * Unary calls to one server as messages of one long stream, opened with the first call and again with the first one after it broke. For who calls often: a
 * message costs its server a quarter of what a call of its own does (`docs/performance.md`). To the caller each is as a call of its own: answered or failed
 * alone, within its time; all that wait when the stream breaks fail with it.
 */
export class CallStream {
  readonly #open: () => Calls;
  readonly #waiting = new Map<number, Waiting>();
  #calls: Calls | undefined;
  #closed = false;
  #lastId = 0;

  constructor(open: () => Calls) {
    this.#open = open;
  }

  /** @throws DomainError as the call itself would. */
  call(head: CallHead, request: Buffer, timeoutMs: number, signal: AbortSignal | undefined): Promise<Buffer> {
    if (request.length > MAX_MESSAGE_BYTES - STREAMED_HEAD_BYTES)
      return Promise.reject(new DomainError('too_large', `the request of ${head.method} is over 8 MiB`));
    if (signal?.aborted === true) return Promise.reject(new DomainError('cancelled', 'the call was given up'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId();
      const over = (): void => {
        this.#waiting.delete(id);
        clearTimeout(late);
        signal?.removeEventListener('abort', giveUp);
        if (this.#closed && this.#waiting.size === 0) this.abort();
      };
      const fail = (failure: DomainError): void => {
        over();
        reject(failure);
      };
      const giveUp = (): void => fail(new DomainError('cancelled', 'the call was given up'));
      const late = setTimeout(
        () => fail(new DomainError('deadline', `${head.method} was not answered in time`)),
        Math.max(1, timeoutMs),
      );
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.set(id, {
        resolve: (answer) => {
          over();
          resolve(answer);
        },
        reject: fail,
      });
      this.#calls ??= this.#begin();
      this.#calls.write({ id, ...head, request });
    });
  }

  /** Those under way may still be answered. */
  close(): void {
    this.#closed = true;
    if (this.#waiting.size === 0) this.abort();
  }

  abort(): void {
    this.#calls?.cancel();
  }

  #nextId(): number {
    // In the 32 bits of its field; what waits is never that old.
    this.#lastId = (this.#lastId + 1) >>> 0;
    return this.#lastId;
  }

  #begin(): Calls {
    const calls = this.#open();
    const ended = (failure: DomainError): void => {
      if (this.#calls !== calls) return;
      this.#calls = undefined;
      for (const waiting of this.#waiting.values()) waiting.reject(failure);
    };
    calls.on('data', ({ id, answer, ...error }: StreamedAnswer__Output) => {
      // Not there: it was given up, or came too late.
      const waiting = this.#waiting.get(id);
      if (error.error === '') waiting?.resolve(answer);
      else waiting?.reject(fromAnswer(error));
    });
    calls.on('error', (error: grpc.ServiceError) => ended(fromStatus(error)));
    calls.on('end', () => ended(new DomainError('unavailable', 'the server ended the stream of calls')));
    return calls;
  }
}
