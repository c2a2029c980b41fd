import { once } from 'node:events';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation, protoPath as healthProtoPath } from 'grpc-health-check';
import type { Logger } from 'pino';
import { DomainError, isDomainError } from '../domain/errors.ts';
import type { Metrics } from '../platform/metrics.ts';
import { isLoopback, requireSafeListen, type TlsFiles } from '../platform/tls.ts';
import type { TokenVerifier } from '../platform/token.ts';
import { AUDIT_EVENT, auditOf, isAudited } from './audit.ts';
import { callMeter } from './call-meter.ts';
import { packageDefinition, type ServiceName, serviceDefinition } from './descriptors.ts';
import { Encoded } from './encoded.ts';
import { Authority } from './identity.ts';
import { accessOf, requireAccess } from './roles.ts';
import { type StreamedMethod, serveCalls } from './serve-calls.ts';
import { type AnyServerCall, CallOfStream, type Served, ServedCall } from './served-call.ts';
import { toStatus } from './status.ts';
import { inTrace } from './trace.ts';
import { type CallContext, type Handlers, MAX_MESSAGE_BYTES, STREAMED } from './types.ts';

// The library prints to stderr by itself; what matters of it reaches our own log as an error.
grpc.setLogVerbosity(grpc.logVerbosity.NONE);

export interface ServeOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Serve other machines in the clear. */
  readonly insecure?: boolean;
  /** Takes bearer tokens; then a client certificate is not asked for, but may be shown. */
  readonly tokens?: TokenVerifier | undefined;
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
  const { tls, tokens, insecure = false } = options;
  const authority = new Authority({ tls, tokens, insecure, loopback: isLoopback(host) });
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
    server.bindAsync(options.listen, serverCredentials(options), (error, port) => {
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

function serverCredentials({ tls, tokens }: ServeOptions): grpc.ServerCredentials {
  if (tls?.cert === undefined || tls.key === undefined) return grpc.ServerCredentials.createInsecure();
  const pair = { cert_chain: tls.cert, private_key: tls.key };
  const credentials = grpc.ServerCredentials.createSsl(tls.ca ?? null, [pair], tls.ca !== undefined);
  // The library knows "none" and "must". Whoever shows none, or one that the authority did not sign, has no peer certificate in its
  // calls, and needs a token.
  if (tokens !== undefined) Object.assign(credentials._getConstructorOptions() ?? {}, { rejectUnauthorized: false });
  return credentials;
}

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
  const streamed = new Map<string, StreamedMethod>();
  for (const [method, definition] of Object.entries(acceptEncoded(serviceDefinition(service)))) {
    const handler = method === STREAMED ? undefined : table[method];
    if (handler === undefined && method !== STREAMED) continue;
    const { requestStream, responseStream } = definition;
    const access = accessOf(service, method);
    const begin = callMeter(metrics, service, method, requestStream || responseStream);
    /** What every call has, whichever way it came: may it be made; it is counted, and its failure told in the log. */
    const served = async (context: Served, request: unknown, work: () => unknown): Promise<unknown> => {
      const end = begin?.();
      let failure: unknown;
      try {
        await context.identified?.();
        requireAccess(context.identity, access, `${service}.${method}`);
        return await work();
      } catch (error) {
        failure = context.signal.aborted ? context.signal.reason : error;
        const { requestId } = context;
        if (isDomainError(error)) log.debug({ method, code: error.code, requestId }, 'call.refused');
        else if (!context.signal.aborted) log.error({ method, err: error, requestId }, 'call.failed');
        throw error;
      } finally {
        end?.(failure);
        if (isAudited(access, context.identity))
          log.info(auditOf(`${service}.${method}`, context.identity, request, failure, context.requestId), AUDIT_EVENT);
        if (context.traced) log.info(traceOf(context, method, request, failure), 'call.answered');
      }
    };
    const unary = (context: Served, request: unknown): Promise<unknown> =>
      served(context, request, () =>
        inTrace('server', service, method, context.traceparent, () => Promise.resolve(handler?.(request, context))),
      );
    const answerTo = (call: AnyServerCall, context: ServedCall): Promise<unknown> => {
      if (!requestStream && !responseStream) return unary(context, call.request);
      return served(context, call.request, async () => {
        if (handler === undefined) return await serveCalls(call, streamed, context);
        const over = context.endWithProof();
        try {
          const answer = handler(requestStream ? call : call.request, context);
          if (responseStream) return await write(answer as AsyncIterable<unknown>, call, context.signal);
          return await answer;
        } finally {
          over();
        }
      });
    };
    const respond = responseStream ? streamAnswer : unaryAnswer;
    implementation[method] = ((call: AnyServerCall, callback?: grpc.sendUnaryData<unknown>) => {
      const context = new ServedCall(call, authority);
      active.add(context);
      void respond(answerTo(call, context), call, callback, context).finally(() => active.delete(context));
    }) as grpc.UntypedHandleCall;
    if (requestStream || responseStream) continue;
    streamed.set(method, {
      answer: async (bytes, call, stream) => {
        const request = decoded(definition, bytes);
        return definition.responseSerialize(await unary(new CallOfStream(call, stream), request));
      },
    });
  }
  return implementation;
}

/** @throws DomainError as grpc-js refuses such a call. */
function decoded(definition: grpc.MethodDefinition<unknown, unknown>, bytes: Buffer): unknown {
  try {
    return definition.requestDeserialize(bytes);
  } catch (error) {
    throw new DomainError('internal', 'the request cannot be read', { cause: error });
  }
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

/** From a request's id to its task; by the task's guid every role tells what it does. */
function traceOf({ requestId, identity }: Served, method: string, request: unknown, failure: unknown): object {
  const guid =
    typeof request === 'object' && request !== null && 'task_guid' in request ? request.task_guid : undefined;
  const code = failure === undefined ? 'ok' : isDomainError(failure) ? failure.code : 'internal';
  return { method, guid, code, by: identity.name, requestId };
}

async function unaryAnswer(
  answer: Promise<unknown>,
  _call: AnyServerCall,
  callback: grpc.sendUnaryData<unknown> | undefined,
  context: ServedCall,
): Promise<void> {
  try {
    callback?.(null, await answer);
  } catch (error) {
    callback?.(toStatus(error, context.requestId), null);
  }
}

async function streamAnswer(
  written: Promise<unknown>,
  call: AnyServerCall,
  _callback: unknown,
  context: ServedCall,
): Promise<void> {
  const { signal } = context;
  try {
    await written;
    call.end();
  } catch (error) {
    const status = toStatus(signal.aborted ? signal.reason : error, context.requestId);
    // grpc-js sends a stream's status by way of its error event.
    call.emit('error', status);
  }
}

async function write(messages: AsyncIterable<unknown>, call: AnyServerCall, signal: AbortSignal): Promise<void> {
  for await (const message of untilAborted(messages, signal)) {
    // A reader slower than the writer makes the handler wait here, so a stream holds one message, not all of them.
    if (!call.write(message)) await once(call, 'drain', { signal });
  }
  signal.throwIfAborted();
}

/** Ends the iteration as soon as the signal aborts, also while the source is waiting, and lets the source clean up. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let leave: (() => void) | undefined;
  const abort = (): void => leave?.();
  signal.addEventListener('abort', abort, { once: true });
  try {
    while (!signal.aborted) {
      // Not a race against one promise for all: that would keep a note of every message for as long as the stream lasts.
      const next = await new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
        leave = () => resolve(undefined);
        iterator.next().then(resolve, reject);
      });
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    // Not awaited: a generator that waits inside `await` answers return() only after that wait, which its own signal ends.
    iterator.return?.().catch(() => {});
  }
}
