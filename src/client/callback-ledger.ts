import type { Outcome } from '../domain/task.ts';
import { durationToWire } from '../rpc/codec.ts';
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

/** What became of a sample. */
export interface CallbackTest {
  readonly webhook_id: string;
  /** Whether such an answer acknowledges a callback. */
  readonly acknowledged: boolean;
  /** HTTP status; 0 = no answer. */
  readonly status: number;
  readonly error: string;
  readonly milliseconds: number;
  readonly sent_headers: Readonly<Record<string, string>>;
  readonly received_headers: Readonly<Record<string, string>>;
  /** What was posted. */
  readonly body: string;
}

export interface RotatedSecret {
  /** `whsec_...`; told this once. */
  readonly secret: string;
  /** UNIX nanoseconds at which those before sign no more; 0 = there were none. */
  readonly former_until: bigint;
  /** Nothing seals what is in the store: whoever has its files has the secret. */
  readonly stored_in_clear: boolean;
}

export interface CallbackSecret {
  /** The beginning of the SHA-256 of its text. */
  readonly fingerprint: string;
  /** UNIX nanoseconds; 0 = it is that of the settings. */
  readonly since: bigint;
  readonly by: string;
  /** UNIX nanoseconds at which it signs no more; 0 = the present one. */
  readonly until: bigint;
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

  /**
   * Posts a sample of a finished task, signed, from the server and by the way callbacks go; once, and nothing is kept of it.
   * @throws TaskError `invalid_argument` for a URL that no task could name.
   */
  async test(
    url: string,
    options: { readonly outcome?: Outcome; readonly signal?: AbortSignal } = {},
  ): Promise<CallbackTest> {
    const request = { url, outcome: options.outcome ?? 'succeeded' };
    // A repeat would be another post.
    const call = { ...this.#connection.call(options.signal), retry: false };
    return await this.#connection.callbacks.TestCallback(request, call);
  }

  /** Makes a new secret; those before it go on signing for a while (24 h), so that each callback has several signatures. */
  async rotateSecret(
    options: { readonly overlapMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<RotatedSecret> {
    const { overlapMs, signal } = options;
    const overlap = overlapMs === undefined ? null : durationToWire(overlapMs);
    const call = { ...this.#connection.call(signal), retry: false };
    const { former_until, ...rotated } = await this.#connection.callbacks.RotateCallbackSecret({ overlap }, call);
    return { ...rotated, former_until: BigInt(former_until) };
  }

  /** What signs now, the newest first; never the secrets themselves. */
  async secrets(signal?: AbortSignal): Promise<readonly CallbackSecret[]> {
    const { secrets } = await this.#connection.callbacks.ListCallbackSecrets({}, this.#connection.call(signal));
    return secrets.map(({ since, until, ...told }) => ({ ...told, since: BigInt(since), until: BigInt(until) }));
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
