import type { Callback__Output } from '../rpc/gen/gavel/v1/Callback.ts';
import type { Connection } from './connection.ts';

export interface CallbackTry {
  /** UNIX nanoseconds. */
  readonly at: bigint;
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  readonly error: string;
}

/** A task's completion callback: what is owed, or what became of it. */
export interface Callback {
  readonly task_guid: string;
  readonly number: number;
  /** The same on each try: a receiver drops repeats by it. */
  readonly webhook_id: string;
  readonly url: string;
  /** pending, dead, delivered, or taken: a client took the result itself before it was delivered. */
  readonly state: string;
  readonly attempts: number;
  /** HTTP status of the last try; 0 = no answer. */
  readonly last_status: number;
  readonly last_error: string;
  /** UNIX nanoseconds; 0 = at once, or never where the state is not pending. */
  readonly next_attempt_at: bigint;
  /** The newest 20, oldest first. */
  readonly tries: readonly CallbackTry[];
}

export interface CallbackFilter {
  /** Only those that are owed, or that were given up. */
  readonly state?: 'pending' | 'dead';
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

/** Completion callbacks, for operators. What receives them is `callbacks` of this package. */
export class Callbacks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Those that are owed or were given up, oldest task first; pages are fetched as they are needed. */
  async *list(filter: CallbackFilter = {}): AsyncGenerator<Callback, void, undefined> {
    let token = '';
    do {
      const request = { state: filter.state ?? '', page_size: filter.pageSize ?? 0, page_token: token };
      const page = await this.#connection.callbacks.ListCallbacks(request, this.#connection.call(filter.signal));
      for (const callback of page.callbacks) yield callbackFromWire(callback);
      token = page.next_page_token;
    } while (token !== '');
  }

  /** By guid or number. @throws TaskError `not_found`; `invalid_transition` while the task has not ended, or when it has no callback. */
  async get(id: string | number, signal?: AbortSignal): Promise<Callback> {
    const request = { task_guid: String(id) };
    return callbackFromWire(await this.#connection.callbacks.GetCallback(request, this.#connection.call(signal)));
  }

  /**
   * Sends it at once, whatever became of it before, under the same webhook-id, and by the whole schedule from there on.
   * @throws TaskError as `get`.
   */
  async resend(id: string | number, signal?: AbortSignal): Promise<Callback> {
    const request = { task_guid: String(id) };
    return callbackFromWire(await this.#connection.callbacks.ResendCallback(request, this.#connection.call(signal)));
  }
}

function callbackFromWire({ number, next_attempt_at, tries, ...callback }: Callback__Output): Callback {
  return {
    ...callback,
    number: Number(number),
    next_attempt_at: BigInt(next_attempt_at),
    tries: tries.map(({ at, ...made }) => ({ ...made, at: BigInt(at) })),
  };
}
