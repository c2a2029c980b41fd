import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import type { Logger } from 'pino';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import { LIMITS } from '../../src/domain/validate.ts';
import type { Metrics } from '../../src/platform/metrics.ts';
import { isTracing, parseTraceparent, TRACEPARENT_KEY, traced } from '../../src/platform/trace.ts';
import { AUDIT_EVENT, auditOf, isAudited } from '../../src/rpc/audit.ts';
import type { Authority, Identity } from '../../src/rpc/identity.ts';
import { type Access, requireAccess } from '../../src/rpc/roles.ts';
import { AUTHORIZATION_KEY, REQUEST_ID_KEY } from '../../src/rpc/types.ts';
import { errorAnswer, json, text } from './answer.ts';
import { requireOwnSite } from './guard.ts';
import { httpMeter } from './meter.ts';
import { openApi } from './openapi.ts';
import type { Answer, AnyRoute, StreamAnswer } from './route.ts';
import { type RestDeps, ROUTES } from './routes.ts';
import { opened, streamBody } from './stream.ts';

export interface AppDeps extends RestDeps {
  readonly authority: Authority;
  /** Nobody can be told apart and only this machine can call: then the browser must not call for others either. */
  readonly local: boolean;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Rejects with what is wrong when no task could be read or written. */
  readonly ping: () => Promise<unknown>;
}

interface Env {
  Bindings: HttpBindings;
  Variables: { identity: Identity; requestId: string };
}

type Ask = Context<Env>;

export interface App {
  readonly fetch: Hono<Env>['fetch'];
  /** Ends every stream. */
  close(): void;
}

export function restApp(deps: AppDeps): App {
  const { log } = deps;
  const streams = new Set<AbortController>();
  const app = new Hono<Env>();
  app.use(httpMeter(deps.metrics), named(log));
  // Whether the process lives, anybody may know; everything behind `identify` wants to know who asks.
  app.get('/healthz', () => text('ok\n'));
  app.use(identify(deps));
  for (const route of ROUTES) {
    app.on(route.method, route.path, audited(route, log), async (ask) => {
      requireAccess(ask.get('identity'), route.access, route.id);
      const call = await callOf(ask, route);
      const parent = parseTraceparent(ask.req.header(TRACEPARENT_KEY));
      const attributes = { 'http.request.method': route.method.toUpperCase(), 'http.route': route.path };
      const run = async () => await route.run(deps, call);
      const named = `${attributes['http.request.method']} ${route.path}`;
      const answer =
        parent === undefined && !isTracing()
          ? await run()
          : await traced(named, { kind: 'server', parent, attributes }, run);
      return await respond(ask, answer, route.answer.status, streams);
    });
  }
  app.get('/openapi.json', () => json(openApi()));
  app.get('/metrics', async (ask) => {
    requireAccess(ask.get('identity'), METRICS, 'metrics');
    return text(await deps.metrics.text(), 200, deps.metrics.contentType);
  });
  app.get('/readyz', async () => {
    await deps.ping();
    return text('ready\n');
  });
  app.notFound((ask) =>
    errorAnswer(
      new DomainError('not_found', `there is no ${ask.req.method} ${ask.req.path}; GET /openapi.json lists the calls`),
    ),
  );
  app.onError((error, ask) => {
    const { path, method } = ask.req;
    const requestId = ask.get('requestId');
    if (isDomainError(error)) log.debug({ method, path, code: error.code, requestId }, 'request.refused');
    else log.error({ method, path, err: error, requestId }, 'request.failed');
    return errorAnswer(error);
  });
  return {
    fetch: app.fetch,
    close: () => {
      for (const stream of streams) stream.abort();
    },
  };
}

/** A request's id: its own, under which it is logged then, or one made up. */
function named(log: Logger): MiddlewareHandler<Env> {
  return async (ask, next) => {
    const { method, path } = ask.req;
    const given = ask.req.header(REQUEST_ID_KEY) ?? ask.req.header('x-request-id') ?? '';
    const traced = /^[\x21-\x7e]{1,100}$/.test(given);
    const requestId = traced ? given : randomUUID();
    ask.set('requestId', requestId);
    await next();
    ask.header(REQUEST_ID_KEY, requestId);
    if (!traced) return;
    // Of a new task this is where its guid stands.
    const made = ask.res.headers.get('location') ?? undefined;
    log.info({ method, path, made, status: ask.res.status, requestId }, 'request.answered');
  };
}

/** Who asks, and that no web page asks in their name. */
function identify({ authority, local }: AppDeps): MiddlewareHandler<Env> {
  return async (ask, next) => {
    requireOwnSite((name) => ask.req.header(name), local);
    const { socket } = ask.env.incoming;
    const authorization = ask.req.header(AUTHORIZATION_KEY);
    ask.set('identity', await authority.identify({ certificate: () => certificateOf(socket), authorization }));
    await next();
  };
}

/** What operators did or tried to do is told in the log. */
function audited({ id, access }: AnyRoute<RestDeps>, log: Logger): MiddlewareHandler<Env> {
  return async (ask, next) => {
    await next();
    const identity = ask.get('identity');
    if (!isAudited(access, identity)) return;
    const about = { task_guid: ask.req.param('guid'), cell_id: ask.req.param('cell'), domain: ask.req.param('domain') };
    log.info(auditOf(id, identity, about, ask.error, ask.get('requestId')), AUDIT_EVENT);
  };
}

/** Where none is required, one may be shown that the authority did not sign: it is none. */
function certificateOf(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const shown = socket.getPeerCertificate();
  return 'raw' in shown ? shown : undefined;
}

async function callOf(ask: Ask, { body, uploads }: AnyRoute<RestDeps>) {
  const query = Object.entries(ask.req.queries()).map(([name, values]) => [name, values.join(',')]);
  return {
    guid: ask.req.param('guid') ?? '',
    cell: ask.req.param('cell') ?? '',
    domain: ask.req.param('domain') ?? '',
    query: Object.fromEntries(query) as unknown,
    hold: ask.req.param('hold') ?? '',
    alert: ask.req.param('alert') ?? '',
    body: uploads === undefined ? await bodyText(ask, body?.mostBytes ?? LIMITS.requestBytes) : '',
    upload: uploads === undefined ? NO_BYTES : uploadOf(ask, uploads),
    identity: ask.get('identity'),
    requestId: ask.get('requestId'),
    accept: ask.req.header('accept') ?? '',
    lastEventId: ask.req.header('last-event-id') ?? '',
  };
}

/** They count the tasks of all domains. */
const METRICS: Access = { roles: ['client', 'viewer', 'operator', 'cell', 'auctioneer', 'bbs'], everyDomain: true };
/** What a timer can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const NO_BYTES: AsyncIterable<Uint8Array> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/** @throws DomainError `invalid_argument` for another type: what a web page can send anywhere without asking is none of them. */
function uploadOf(ask: Ask, types: readonly string[]): AsyncIterable<Uint8Array> {
  const type = (ask.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!types.includes(type))
    throw new DomainError('invalid_argument', `send the body as content-type: ${types.join(' or ')}`);
  const { body } = ask.req.raw;
  return body ?? NO_BYTES;
}

/** @throws DomainError `too_large` as soon as more came than a request may have. */
async function bodyText(ask: Ask, most: number): Promise<string> {
  const { body } = ask.req.raw;
  if (!['POST', 'PUT'].includes(ask.req.method) || body === null) return '';
  const tooLarge = () =>
    new DomainError('too_large', `the request is larger than ${most} bytes (${most / 2 ** 20} MiB)`);
  if (Number(ask.req.header('content-length') ?? 0) > most) throw tooLarge();
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > most) throw tooLarge();
    parts.push(part);
  }
  // A form, or text that a web page may send anywhere without asking, is never taken for JSON.
  if (size > 0 && !/^application\/(json|[\w.+-]+\+json)\s*(;|$)/i.test(ask.req.header('content-type') ?? ''))
    throw new DomainError('invalid_argument', 'send the body as content-type: application/json');
  return Buffer.concat(parts).toString('utf8');
}

async function respond(ask: Ask, answer: Answer, status: number, streams: Set<AbortController>): Promise<Response> {
  if (answer.stream !== undefined) return await streamed(ask, answer.stream, streams);
  if (answer.json === undefined) return new Response(null, { status });
  return json(answer.json, status, answer.headers);
}

async function streamed(ask: Ask, stream: StreamAnswer, streams: Set<AbortController>): Promise<Response> {
  const { outgoing } = ask.env;
  const ending = new AbortController();
  streams.add(ending);
  ending.signal.addEventListener('abort', () => streams.delete(ending), { once: true });
  // Before the first chunk is there nobody reads, so nobody cancels.
  outgoing.once('close', () => ending.abort());
  // A stream lasts no longer than the proof of who reads it.
  const { expiresAtMs } = ask.get('identity');
  if (expiresAtMs !== 0) {
    const left = Math.min(Math.max(0, expiresAtMs - Date.now()), LONGEST_TIMER_MS);
    const over = setTimeout(() => ending.abort(), left).unref();
    ending.signal.addEventListener('abort', () => clearTimeout(over), { once: true });
  }
  try {
    const chunks = await opened(stream.chunks(ending.signal));
    const { idle, failure } = stream;
    const body = streamBody({
      chunks,
      ending,
      failure,
      breakOff: () => outgoing.destroy(),
      ...(idle !== undefined && { idle }),
    });
    const headers = {
      'content-type': stream.type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    };
    return new Response(body, { status: 200, headers });
  } catch (error) {
    ending.abort();
    throw error;
  }
}
