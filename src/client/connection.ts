import { type ErrorCode, isDomainError } from '../domain/errors.ts';
import { readTls, type TlsConfig } from '../platform/tls.ts';
import { Channel, type WatchedCall } from '../rpc/client.ts';
import type { CallOptions, Client } from '../rpc/types.ts';
import { DEFAULT_ENDPOINT, findContext } from './contexts.ts';
import { asTaskError, checking, isTaskError, taskError } from './errors.ts';
import { requireConfidential, type TokenSource, tokenSource } from './token.ts';

export interface ClientOptions {
  /** `host:port`, or several of equal servers parted by commas. Default: of the context, else `127.0.0.1:8889`. */
  readonly endpoint?: string;
  /**
   * A named cluster of the command line (`gavel context ls`): its servers and certificates, read when the client is made. Without it
   * neither files nor environment are looked at.
   */
  readonly context?: string;
  /** PEM files: the authority of the server, and a certificate of one's own where the server asks for one. */
  readonly tls?: TlsConfig | undefined;
  /** A bearer token for servers that take them, or a function that gets one (and is asked again before it ends). */
  readonly token?: TokenSource | undefined;
  /** Whole time of one call with its repeats. Default 15 s. */
  readonly timeoutMs?: number;
  /** How long a stream that broke (a server restarts) is tried again before it counts as lost. Default 2 min. */
  readonly patienceMs?: number;
  /** False: no call is repeated, whatever it is; one that no server answers fails at once. Default true. */
  readonly retry?: boolean;
  /** What this program calls itself, such as `nightly/1.4`; it goes with each call, before the library's own name. */
  readonly userAgent?: string;
  /** Told of every try of a call when it is over. */
  readonly onCall?: (call: WatchedCall) => void;
  /** Goes with every call: under it the servers' logs tell of them. Default: one for each call, made up by the server. */
  readonly requestId?: string;
}

const PAUSE_FIRST_MS = 100;
const PAUSE_MOST_MS = 2_000;

/** What every part of the SDK calls through. */
export class Connection {
  readonly #channel: Channel;
  readonly #closing = new AbortController();
  /** `host:port` of the servers, parted by commas. */
  readonly endpoint: string;
  readonly timeoutMs: number;
  readonly patienceMs: number;
  readonly retry: boolean;
  /** Whether a token that ended is followed by another. */
  readonly renewsToken: boolean;
  readonly tasks: Client<'TaskService'>;
  readonly history: Client<'HistoryService'>;
  readonly callbacks: Client<'CallbackService'>;
  readonly cluster: Client<'ClusterService'>;
  readonly alerts: Client<'AlertService'>;

  constructor(options: ClientOptions) {
    const { context, onCall, requestId, userAgent } = options;
    const place = context === undefined ? {} : checking(() => findContext(process.env, context).place);
    const addresses = (options.endpoint ?? place.server ?? DEFAULT_ENDPOINT)
      .split(',')
      .flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
    for (const address of addresses) {
      if (!/^(\[[^\]]+\]|[^:\s]+):\d{1,5}$/.test(address)) {
        throw taskError('invalid_argument', `${address} is no host:port, for example ${DEFAULT_ENDPOINT}`);
      }
    }
    if (userAgent !== undefined && !/^[\x20-\x7e]{1,200}$/.test(userAgent))
      throw taskError(
        'invalid_argument',
        'userAgent: give 1 to 200 printable ASCII characters, for example nightly/1.4',
      );
    const files = { ca: place.tls_ca, cert: place.tls_cert, key: place.tls_key };
    const tls = checking(() => readTls(options.tls ?? files));
    // A context's token is for the context's own servers.
    const token = options.token ?? (options.endpoint === undefined ? place.token : undefined);
    if (token !== undefined) requireConfidential(addresses, tls !== undefined);
    this.#channel = new Channel({
      addresses,
      tls,
      token: token === undefined ? undefined : tokenSource(token),
      thrown: asTaskError,
      watch: onCall,
      requestId,
      userAgent,
    });
    this.renewsToken = typeof token === 'function';
    this.retry = options.retry ?? true;
    this.endpoint = addresses.join(',');
    this.timeoutMs = options.timeoutMs ?? 15_000;
    this.patienceMs = options.patienceMs ?? 120_000;
    this.tasks = this.#channel.client('TaskService');
    this.history = this.#channel.client('HistoryService');
    this.callbacks = this.#channel.client('CallbackService');
    this.cluster = this.#channel.client('ClusterService');
    this.alerts = this.#channel.client('AlertService');
  }

  /** For calls that are safe to repeat, which are all of the SDK's: a submit carries its key. */
  call(signal?: AbortSignal): CallOptions {
    return { retry: this.retry, timeoutMs: this.timeoutMs, ...(signal === undefined ? {} : { signal }) };
  }

  /** Aborts when the client is closed; what waits then waits no longer. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort(taskError('cancelled', 'the client was closed'));
    this.#channel.abort();
  }
}

const PASSING: readonly ErrorCode[] = ['unavailable', 'deadline', 'overloaded', 'conflict', 'internal', 'cancelled'];

/** Paces the repeats of a stream: pauses grow, and the patience starts anew whenever something arrived. */
export class Patience {
  readonly #connection: Connection;
  #since: number | undefined;
  #pauseMs = PAUSE_FIRST_MS;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Something arrived. */
  renew(): void {
    this.#since = undefined;
    this.#pauseMs = PAUSE_FIRST_MS;
  }

  /** Waits before the next try. @throws the error when it will not pass by itself, or when patience is over. */
  async retry(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const { closing, patienceMs, renewsToken } = this.#connection;
    throwIfGivenUp(signal);
    throwIfGivenUp(closing);
    // A stream ends with the token that it was begun with. Refused again at once, it is not that.
    const renewed = renewsToken && this.#since === undefined && isTaskError(error) && error.code === 'unauthenticated';
    this.#since ??= performance.now();
    const passing = renewed || (isTaskError(error) && PASSING.includes(error.code));
    if (!passing || performance.now() - this.#since > patienceMs) throw error;
    const pause = this.#pauseMs * (0.5 + Math.random());
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MOST_MS);
    await pausing(pause, [closing, ...(signal === undefined ? [] : [signal])]);
  }
}

/** @throws TaskError `cancelled`, or what the signal was aborted with when that is one of ours. */
export function throwIfGivenUp(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw isDomainError(signal.reason) ? signal.reason : taskError('cancelled', 'the wait was given up');
}

function pausing(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener('abort', done);
      try {
        for (const signal of signals) throwIfGivenUp(signal);
        resolve();
      } catch (error) {
        reject(error);
      }
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener('abort', done, { once: true });
  });
}
