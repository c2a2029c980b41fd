import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, protoPath as healthProtoPath } from 'grpc-health-check';
import type { Logger } from 'pino';
import { DomainError, type ErrorCode, isDomainError } from '../domain/errors.ts';
import type { Metrics } from '../platform/metrics.ts';
import { isLoopback, requireSafeListen, type TlsFiles } from '../platform/tls.ts';
import { parseTraceparent, TRACEPARENT_KEY } from '../platform/trace.ts';
import { callMeter } from './call-meter.ts';
import { packageDefinition, type ServiceName, serviceDefinition } from './descriptors.ts';
import { Encoded } from './encoded.ts';
import { Authority, type Identity, mayCall } from './roles.ts';
import { toStatus } from './status.ts';
import { inTrace } from './trace.ts';
import { type CallContext, type Handlers, MAX_MESSAGE_BYTES, REQUEST_ID_KEY } from './types.ts';

// The library prints to stderr by itself; what matters of it reaches our own log as an error.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export interface ServeOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Serve other machines in the clear. */
  readonly insecure?: boolean;
  readonly log: Logger;
  /** Calls are counted and timed there. */
  readonly metrics?: Metrics | undefined;
  readonly services: { readonly [S in ServiceName]?: Handlers<S> };
}

export interface RunningServer {
  /** `host:port` really bound. */
  readonly address: string;
  setHealthy(healthy: boolean): void;
  /** Ends streams with UNAVAILABLE, lets unary calls finish, then closes; within `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/** Serves Gavel services together with the standard health and reflection services. @throws DomainError `invalid_argument` when the address cannot be used. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  requireSafeListen(options.listen, options.tls, options.insecure ?? false);
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    // Counts of every call and connection that nobody reads: metrics have theirs.
    'grpc.enable_channelz': 0,
    // A peer that vanished without a word is noticed, and its streams freed, within 30 s.
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 10_000,
  });
  const active = new Set<ServedCall>();
  const host = options.listen.slice(0, Math.max(0, options.listen.lastIndexOf(':')));
  const authority = new Authority(options.tls, isLoopback(host) || (options.insecure ?? false));
  for (const name of Object.keys(options.services) as ServiceName[]) {
    const handlers = options.services[name];
    if (handlers === undefined) continue;
    server.addService(acceptEncoded(serviceDefinition(name)), adapt(name, handlers, authority, active, options));
  }
  const health = new HealthImplementation({ '': 'SERVING' });
  health.addToServer(server);
  // Stock clients see what is really served here, health included.
  const served = [...Object.keys(options.services).map((name) => `gavel.v1.${name}`), 'grpc.health.v1.Health'];
  new ReflectionService({ ...packageDefinition, ...loadSync(healthProtoPath) }, { services: served }).addToServer(
    server,
  );

  const port = await bind(server, options);
  return {
    address: `${host}:${port}`,
    setHealthy: (healthy) => health.setStatus('', healthy ? 'SERVING' : 'NOT_SERVING'),
    stop: async (graceMs = 3_000) => {
      health.setStatus('', 'NOT_SERVING');
      for (const call of active) call.end('unavailable', 'the server is stopping');
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), graceMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      });
      server.forceShutdown();
    },
  };
}

function bind(server: grpc.Server, options: ServeOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(options.listen, serverCredentials(options.tls), (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new DomainError('invalid_argument', `listen: cannot listen on ${options.listen}: ${error.message}`, {
            cause: error,
          }),
        );
    });
  });
}

function serverCredentials(tls: TlsFiles | undefined): grpc.ServerCredentials {
  if (tls?.cert === undefined || tls.key === undefined) return grpc.ServerCredentials.createInsecure();
  return grpc.ServerCredentials.createSsl(
    tls.ca ?? null,
    [{ cert_chain: tls.cert, private_key: tls.key }],
    tls.ca !== undefined,
  );
}

type AnyServerCall = grpc.ServerUnaryCall<unknown, unknown> &
  grpc.ServerReadableStream<unknown, unknown> &
  grpc.ServerWritableStream<unknown, unknown>;
type AnyHandler = (input: unknown, context: CallContext) => Promise<unknown> | AsyncIterable<unknown>;

/** Turns promise and async-iterable handlers into what grpc-js calls. The generated types were checked by `Handlers`; from here on they are opaque. */
function adapt<S extends ServiceName>(
  service: S,
  handlers: Handlers<S>,
  authority: Authority,
  active: Set<ServedCall>,
  { log, metrics }: ServeOptions,
): grpc.UntypedServiceImplementation {
  const table = handlers as Readonly<Record<string, AnyHandler>>;
  const implementation: grpc.UntypedServiceImplementation = {};
  for (const [method, definition] of Object.entries(serviceDefinition(service))) {
    const handler = table[method];
    if (handler === undefined) continue;
    const respond = definition.responseStream ? streamAnswer : unaryAnswer;
    const streaming = definition.responseStream || definition.requestStream;
    const begin = callMeter(metrics, service, method, streaming);
    implementation[method] = ((call: AnyServerCall, callback?: grpc.sendUnaryData<unknown>) => {
      const context = new ServedCall(call, authority);
      const refusal = refuse(context, service, method);
      const input = definition.requestStream ? call : call.request;
      const run = () => {
        if (refusal !== undefined) throw refusal;
        if (streaming) return handler(input, context);
        return inTrace('server', service, method, context.traceparent, async () => await handler(input, context));
      };
      active.add(context);
      const end = begin?.();
      let failure: unknown;
      void respond(run, call, callback, context, (error) => {
        failure = context.signal.aborted ? context.signal.reason : error;
        if (isDomainError(error)) log.debug({ method, code: error.code, requestId: context.requestId }, 'call.refused');
        else if (!context.signal.aborted)
          log.error({ method, err: error, requestId: context.requestId }, 'call.failed');
      }).finally(() => {
        active.delete(context);
        end?.(failure);
        if (context.traced) log.info(traceOf(context, method, call.request, failure), 'call.answered');
      });
    }) as grpc.UntypedHandleCall;
  }
  return implementation;
}

/** The service with answers that may be bytes already. */
function acceptEncoded(service: grpc.ServiceDefinition): grpc.ServiceDefinition {
  const methods = Object.entries(service).map(([name, definition]) => {
    const responseSerialize = (answer: unknown): Buffer =>
      answer instanceof Encoded ? answer.bytes : definition.responseSerialize(answer);
    return [name, { ...definition, responseSerialize }];
  });
  return Object.fromEntries(methods) as grpc.ServiceDefinition;
}

function refuse(context: CallContext, service: ServiceName, method: string): DomainError | undefined {
  if (mayCall(context.identity, service, method)) return undefined;
  return new DomainError(
    'permission_denied',
    `${service}.${method} is not for ${context.identity.role ?? 'nobody'} ${context.identity.name}`,
  );
}

/**
 * What a handler knows of its call, made when it asks. grpc-js tells of a cancellation at the end of every call, also of one that
 * was answered; most unary calls never look at their signal, and an abort with its reason costs more than reading their request.
 */
class ServedCall implements CallContext {
  readonly identity: Identity;
  readonly #call: AnyServerCall;
  #ending: AbortController | undefined;
  #reason: { readonly code: ErrorCode; readonly message: string } | undefined;
  #requestId: string | undefined;

  constructor(call: AnyServerCall, authority: Authority) {
    this.#call = call;
    this.identity = authority.identify(() => call.getAuthContext().sslPeerCertificate?.subjectaltname);
    call.on('cancelled', () => this.end('cancelled', 'the caller hung up'));
    // An error on a call's stream is told by the handler's own reads and writes; without a listener it would end the process.
    call.on('error', () => this.end('cancelled', 'the connection broke'));
  }

  get signal(): AbortSignal {
    if (this.#ending === undefined) {
      this.#ending = new AbortController();
      this.#abort();
    }
    return this.#ending.signal;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get requestId(): string {
    this.#requestId ??= this.#given() ?? randomUUID();
    return this.#requestId;
  }

  /** The caller's span. */
  get traceparent(): string | undefined {
    return parseTraceparent(this.#call.metadata.get(TRACEPARENT_KEY)[0]);
  }

  /** Whether the caller gave the call its id, to find it again. */
  get traced(): boolean {
    return this.#given() !== undefined;
  }

  #given(): string | undefined {
    const given = this.#call.metadata.get(REQUEST_ID_KEY)[0];
    return typeof given === 'string' && given !== '' ? given.slice(0, 100) : undefined;
  }

  end(code: ErrorCode, message: string): void {
    this.#reason ??= { code, message };
    this.#abort();
  }

  #abort(): void {
    if (this.#ending === undefined || this.#reason === undefined || this.#ending.signal.aborted) return;
    this.#ending.abort(new DomainError(this.#reason.code, this.#reason.message));
  }
}

/** From a request's id to its task; by the task's guid every role tells what it does. */
function traceOf({ requestId, identity }: ServedCall, method: string, request: unknown, failure: unknown): object {
  const guid =
    typeof request === 'object' && request !== null && 'task_guid' in request ? request.task_guid : undefined;
  const code = failure === undefined ? 'ok' : isDomainError(failure) ? failure.code : 'internal';
  return { method, guid, code, by: identity.name, requestId };
}

async function unaryAnswer(
  run: () => unknown,
  _call: AnyServerCall,
  callback: grpc.sendUnaryData<unknown> | undefined,
  context: ServedCall,
  onError: (error: unknown) => void,
): Promise<void> {
  try {
    callback?.(null, await run());
  } catch (error) {
    onError(error);
    callback?.(toStatus(error, context.requestId), null);
  }
}

async function streamAnswer(
  run: () => unknown,
  call: AnyServerCall,
  _callback: unknown,
  context: ServedCall,
  onError: (error: unknown) => void,
): Promise<void> {
  const { signal } = context;
  try {
    const messages = run() as AsyncIterable<unknown>;
    for await (const message of untilAborted(messages, signal)) {
      // A reader slower than the writer makes the handler wait here, so a stream holds one message, not all of them.
      if (!call.write(message)) await once(call, 'drain', { signal });
    }
    signal.throwIfAborted();
    call.end();
  } catch (error) {
    onError(error);
    const status = toStatus(signal.aborted ? signal.reason : error, context.requestId);
    // grpc-js sends a stream's status by way of its error event.
    call.emit('error', status);
  }
}

/** Ends the iteration as soon as the signal aborts, also while the source is waiting, and lets the source clean up. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === 'aborted' || next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a generator that waits inside `await` answers return() only after that wait, which its own signal ends.
    iterator.return?.().catch(() => {});
  }
}
