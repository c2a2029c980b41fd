import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { DomainError, isDomainError } from '../domain/errors.ts';
import type { TlsFiles } from '../platform/tls.ts';
import { TRACEPARENT_KEY, traceparent } from '../platform/trace.ts';
import { CallStream, type Calls } from './call-stream.ts';
import { type ServiceName, serviceDefinition } from './descriptors.ts';
import { fromStatus } from './status.ts';
import { inTrace } from './trace.ts';
import {
  AUTHORIZATION_KEY,
  type CallOptions,
  type Client,
  MAX_MESSAGE_BYTES,
  REQUEST_ID_KEY,
  STREAMED,
} from './types.ts';

export interface ChannelOptions {
  /** `host:port` of one or several equal servers. Calls go to one of them and move on to the next when it does not answer. */
  readonly addresses: readonly string[];
  readonly tls?: TlsFiles | undefined;
  /** Asked for each call, for the bearer token that goes with it. */
  readonly token?: (() => Promise<string>) | undefined;
  /** What callers are thrown for a failed call; the DomainError itself when left out. */
  readonly thrown?: (failure: DomainError) => DomainError;
  /** Told of every try of a call when it is over. */
  readonly watch?: ((call: WatchedCall) => void) | undefined;
  /** Goes with every call that brings none of its own: under it the servers' logs tell of them. */
  readonly requestId?: string | undefined;
  /** What the servers see the program as, before the library's own name. */
  readonly userAgent?: string | undefined;
}

/** One try of a call, over. */
export interface WatchedCall {
  /** `gavel.v1.TaskService/ListTasks` */
  readonly method: string;
  readonly address: string;
  readonly ms: number;
  /** `ok`, or an error's code; `left` for a stream that nobody read to its end. */
  readonly code: string;
  /** Messages that came; 1 for a unary call that was answered. */
  readonly messages: number;
}

const WINDOW_BYTES = 1024 * 1024;
const UNARY_TIMEOUT_MS = 15_000;
/** The first of several servers gets so long for an answer to a call that may be repeated. */
const SILENT_MS = 5_000;
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1_000;

/** Connections to a set of equal servers, shared by the typed clients of its services. */
export class Channel {
  readonly #clients: readonly grpc.Client[];
  readonly #thrown: (failure: DomainError) => DomainError;
  readonly #token: (() => Promise<string>) | undefined;
  readonly #watch: ((call: WatchedCall) => void) | undefined;
  readonly #requestId: string | undefined;
  /** How to end each call that is under way. */
  readonly #running = new Set<() => void>();
  readonly #streams: CallStream[] = [];
  #closed = false;
  readonly addresses: readonly string[];
  #current = 0;

  constructor(options: ChannelOptions) {
    if (options.addresses.length === 0) throw new DomainError('invalid_argument', 'no server address given');
    this.addresses = options.addresses;
    this.#token = options.token;
    this.#thrown = options.thrown ?? ((failure) => failure);
    this.#watch = options.watch;
    this.#requestId = options.requestId;
    const credentials = channelCredentials(options.tls);
    this.#clients = options.addresses.map(
      (address) =>
        new grpc.Client(address, credentials, {
          'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
          'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
          'grpc.enable_channelz': 0,
          // Lists, logs and outputs from afar: with 64 KB, as it comes, a server 50 ms away could send no more than 1.3 MB/s.
          'grpc-node.flow_control_window': WINDOW_BYTES,
          ...(options.userAgent === undefined ? {} : { 'grpc.primary_user_agent': options.userAgent }),
          'grpc.keepalive_time_ms': 10_000,
          'grpc.keepalive_timeout_ms': 5_000,
          'grpc.keepalive_permit_without_calls': 1,
          'grpc.initial_reconnect_backoff_ms': 100,
          'grpc.max_reconnect_backoff_ms': 2_000,
          // Our own loop decides what is repeated; the library must not.
          'grpc.enable_retries': 0,
        }),
    );
  }

  /** The typed client of one service. `streamed`: unary calls go as messages of one stream to each server, where the service has that. */
  client<S extends ServiceName>(service: S, { streamed = false } = {}): Client<S> {
    const methods: Record<string, unknown> = {};
    const { [STREAMED]: calls, ...definitions } = serviceDefinition(service);
    const once = streamed && calls !== undefined ? this.#streamedOnce(calls) : this.#unaryOnce;
    for (const [name, definition] of Object.entries(definitions)) {
      if (definition.requestStream) {
        methods[name] = definition.responseStream
          ? (input: AsyncIterable<unknown>, options?: CallOptions) => this.#bidi(definition, input, options)
          : (input: AsyncIterable<unknown>, options?: CallOptions) => this.#upload(definition, input, options);
      } else {
        methods[name] = definition.responseStream
          ? (request: unknown, options?: CallOptions) => this.#stream(definition, request, options)
          : (request: unknown, options?: CallOptions) =>
              inTrace('client', service, name, traceparent(), () =>
                this.#unary(once, name, definition, request, options),
              );
      }
    }
    return methods as Client<S>;
  }

  /** Calls under way may still be answered. */
  close(): void {
    for (const stream of this.#streams) stream.close();
    for (const client of this.#clients) client.close();
  }

  /** Closes, and ends whatever is under way: nobody waits on this channel any more. */
  abort(): void {
    this.#closed = true;
    for (const cancel of this.#running) cancel();
    for (const stream of this.#streams) stream.abort();
    this.close();
  }

  /** A call's cancel, for as long as it is under way: by its signal and by `abort`. @returns to be called at its end. */
  #track(cancel: () => void, signal: AbortSignal | undefined): () => void {
    this.#running.add(cancel);
    if (this.#closed || signal?.aborted === true) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
    return () => {
      this.#running.delete(cancel);
      signal?.removeEventListener('abort', cancel);
    };
  }

  /** @returns to be called when the try is over. */
  #watched(method: string, at: number): (code: string, messages: number) => void {
    const watch = this.#watch;
    if (watch === undefined) return () => {};
    const begun = performance.now();
    const address = this.addresses[at] ?? '';
    return (code, messages) =>
      watch({ method: method.replace(/^\//, ''), address, ms: performance.now() - begun, code, messages });
  }

  async #unary(
    once: Once,
    name: string,
    definition: AnyMethod,
    request: unknown,
    options: CallOptions = {},
  ): Promise<unknown> {
    const deadline = performance.now() + (options.timeoutMs ?? UNARY_TIMEOUT_MS);
    let pause = RETRY_FIRST_MS;
    for (let first = true; ; first = false) {
      const at = this.#current;
      const left = deadline - performance.now();
      // A machine that stands still takes connections and never answers: that must not cost the time in which another would.
      const most = first && options.retry === true && this.#clients.length > 1 ? Math.min(left / 2, SILENT_MS) : left;
      const told = this.#watched(definition.path, at);
      try {
        const answer = await once(at, name, definition, request, most, options);
        told('ok', 1);
        return answer;
      } catch (error) {
        const failure = isDomainError(error) ? error : fromStatus(error as grpc.ServiceError);
        told(failure.code, 0);
        const silent = failure.code === 'deadline';
        if (failure.code === 'unavailable' || silent) this.#moveOn(at);
        // Who is asked for patience says for how long; without that it is a request that is too large for the library.
        const { code, retryAfterMs = 0 } = failure;
        if (code === 'overloaded') pause = Math.max(pause, retryAfterMs);
        const passes = code === 'unavailable' || (silent && most < left) || (code === 'overloaded' && retryAfterMs > 0);
        const again = options.retry === true && passes && performance.now() + pause < deadline;
        if (!again || this.#closed || options.signal?.aborted === true) throw this.#thrown(failure);
      }
      // Jitter keeps a crowd of callers from coming back all at once.
      const waiting = new AbortController();
      const over = this.#track(() => waiting.abort(), options.signal);
      await sleep(pause * (0.5 + Math.random()), undefined, { signal: waiting.signal })
        .catch(() => {
          throw this.#thrown(new DomainError('cancelled', 'the call was given up'));
        })
        .finally(over);
      pause = Math.min(pause * 2, RETRY_MOST_MS);
    }
  }

  readonly #unaryOnce: Once = async (at, _name, definition, request, timeoutMs, options) => {
    const metadata = await this.#metadata(options);
    return await new Promise((resolve, reject) => {
      let over = () => {};
      const call = this.#at(at).makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + Math.max(1, timeoutMs) },
        (error, response) => {
          over();
          if (error === null) resolve(response);
          else reject(fromStatus(error));
        },
      );
      over = this.#track(() => call.cancel(), options.signal);
    });
  };

  #streamedOnce({ path, requestSerialize, responseDeserialize }: AnyMethod): Once {
    const streams = this.#clients.map(
      (client) =>
        // The generated types say what this very codec reads and writes.
        new CallStream(() => client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize) as Calls),
    );
    this.#streams.push(...streams);
    return async (at, method, definition, request, timeoutMs, { signal, requestId = '' }) => {
      const head = { method, traceparent: traceparent() ?? '', request_id: requestId };
      const stream = streams[at];
      if (stream === undefined) throw new DomainError('internal', `no channel ${at}`);
      const answer = await stream.call(head, definition.requestSerialize(request), timeoutMs, signal);
      return definition.responseDeserialize(answer);
    };
  }

  async *#stream(definition: AnyMethod, request: unknown, options: CallOptions = {}): AsyncGenerator {
    const metadata = await this.#metadata(options);
    const at = this.#current;
    const call = this.#at(at).makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      metadata,
      streamOptions(options),
    );
    yield* this.#read(call, at, options, definition.path);
  }

  async *#bidi(definition: AnyMethod, input: AsyncIterable<unknown>, options: CallOptions = {}): AsyncGenerator {
    const metadata = await this.#metadata(options);
    const at = this.#current;
    const call = this.#at(at).makeBidiStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      metadata,
      streamOptions(options),
    );
    void pump(input, call);
    yield* this.#read(call, at, options, definition.path);
  }

  async #upload(definition: AnyMethod, input: AsyncIterable<unknown>, options: CallOptions = {}): Promise<unknown> {
    const metadata = await this.#metadata(options);
    const at = this.#current;
    const told = this.#watched(definition.path, at);
    return await new Promise((resolve, reject) => {
      let over = () => {};
      const call = this.#at(at).makeClientStreamRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        metadata,
        streamOptions(options),
        (error, response) => {
          over();
          const failure = error === null ? undefined : fromStatus(error);
          told(failure?.code ?? 'ok', failure === undefined ? 1 : 0);
          if (failure === undefined) resolve(response);
          else reject(this.#thrown(failure));
        },
      );
      over = this.#track(() => call.cancel(), options.signal);
      void pump(input, call);
    });
  }

  async *#read(
    call: grpc.ClientReadableStream<unknown> | grpc.ClientDuplexStream<unknown, unknown>,
    at: number,
    options: CallOptions,
    path: string,
  ): AsyncGenerator {
    const told = this.#watched(path, at);
    let code = 'left';
    let messages = 0;
    // The cancel in `finally` makes grpc-js emit an error that nobody is left to read.
    call.on('error', () => {});
    const over = this.#track(() => call.cancel(), options.signal);
    try {
      for await (const message of call) {
        messages += 1;
        yield message;
      }
      code = 'ok';
    } catch (error) {
      const failure = fromStatus(error as grpc.ServiceError);
      code = failure.code;
      if (failure.code === 'unavailable') this.#moveOn(at);
      throw this.#thrown(failure);
    } finally {
      told(code, messages);
      over();
      call.cancel();
    }
  }

  async #metadata(options: CallOptions): Promise<grpc.Metadata> {
    const metadata = new grpc.Metadata();
    const requestId = options.requestId ?? this.#requestId;
    if (requestId !== undefined) metadata.set(REQUEST_ID_KEY, requestId);
    const span = traceparent();
    if (span !== undefined) metadata.set(TRACEPARENT_KEY, span);
    if (this.#token !== undefined) metadata.set(AUTHORIZATION_KEY, `Bearer ${await this.#token()}`);
    return metadata;
  }

  #at(index: number): grpc.Client {
    if (this.#closed) throw this.#thrown(new DomainError('cancelled', 'the client was closed'));
    const client = this.#clients[index];
    if (client === undefined) throw new DomainError('internal', `no channel ${index}`);
    return client;
  }

  /** Several calls may fail on the same server at once: only the first one moves on. */
  #moveOn(from: number): void {
    if (this.#current === from) this.#current = (from + 1) % this.#clients.length;
  }
}

type AnyMethod = grpc.MethodDefinition<unknown, unknown>;

/** One try of a unary call at one server. @throws DomainError */
type Once = (
  at: number,
  name: string,
  definition: AnyMethod,
  request: unknown,
  timeoutMs: number,
  options: CallOptions,
) => Promise<unknown>;

function channelCredentials(tls: TlsFiles | undefined): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  return grpc.credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.cert ?? null);
}

function streamOptions(options: CallOptions): grpc.CallOptions {
  return options.timeoutMs === undefined ? {} : { deadline: Date.now() + options.timeoutMs };
}

const OVER = ['error', 'close', 'status'] as const;

/** Writes what the caller yields, no faster than the other side reads. Its end ends our half of the stream. */
async function pump(
  input: AsyncIterable<unknown>,
  call: grpc.ClientWritableStream<unknown> | grpc.ClientDuplexStream<unknown, unknown>,
): Promise<void> {
  let open = true;
  // The other side may have answered before it has read all: then neither an error nor a close says so.
  for (const event of OVER) {
    call.on(event, () => {
      open = false;
    });
  }
  try {
    for await (const message of input) {
      if (!open) return;
      if (!call.write(message)) await drained(call);
    }
    call.end();
  } catch {
    // The source failed: the other side must not take what came so far for the whole.
    call.cancel();
  }
}

function drained(call: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', ...OVER]) call.removeListener(event, done);
      resolve();
    };
    for (const event of ['drain', ...OVER]) call.once(event, done);
  });
}
