import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { DomainError, errorText } from '../domain/errors.ts';
import type { Running } from './group.ts';
import type { Metrics } from './metrics.ts';
import { requireSafeListen, type TlsFiles } from './tls.ts';

export interface HttpOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly listen: string;
  readonly tls?: TlsFiles | undefined;
  /** Serve other machines in the clear. */
  readonly insecure?: boolean;
  /** Callers without a certificate of the `ca` are let in, and told apart by the handler. */
  readonly certificateOptional?: boolean;
  readonly handler: (request: IncomingMessage, response: ServerResponse) => unknown;
}

export interface RunningHttp extends Running {
  /** `host:port` really bound. */
  readonly address: string;
}

const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
const GRACE_MS = 1_000;
const IDLE_LOOK_MS = 50;

/**
 * Serves HTTP under the rules that gRPC is served under: TLS, with client certificates where there is a `ca`, or loopback, or
 * `insecure`. @throws DomainError `invalid_argument` when the address cannot be used.
 */
export async function listenHttp({
  listen,
  tls,
  insecure = false,
  certificateOptional = false,
  handler,
}: HttpOptions): Promise<RunningHttp> {
  requireSafeListen(listen, tls, insecure);
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, Math.max(0, at));
  const port = Number(listen.slice(at + 1));
  if (at < 0 || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw new DomainError('invalid_argument', `listen: ${listen} is not host:port`);
  // A client that sends its request a byte at a time does not hold its connection for long.
  const limits = { headersTimeout: HEADERS_MS, requestTimeout: REQUEST_MS, keepAlive: true };
  const server: Server =
    tls?.cert === undefined || tls.key === undefined
      ? createServer(limits, handler)
      : createTlsServer(
          {
            ...limits,
            cert: tls.cert,
            key: tls.key,
            ...(tls.ca === undefined
              ? {}
              : { ca: tls.ca, requestCert: true, rejectUnauthorized: !certificateOptional }),
          },
          handler,
        );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new DomainError('invalid_argument', `listen: cannot listen on ${listen}: ${errorText(error)}`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, host.replace(/^\[|\]$/g, ''), resolve);
  });
  const bound = server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    address: `${host}:${boundPort}`,
    stop: async () => {
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
        // Connections that are kept alive end as they become idle.
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
        server.close(() => {
          clearTimeout(force);
          clearInterval(idle);
          resolve();
        });
      });
    },
  };
}

export interface OpsOptions extends Omit<HttpOptions, 'handler'> {
  readonly metrics: Metrics;
  /** Why the role cannot do its work at this moment; empty = it can. */
  readonly notReady: () => string;
}

/** `/metrics`, `/healthz` (the process answers) and `/readyz` (it can do its work) of a role that serves no other HTTP. */
export async function serveOps({ metrics, notReady, ...options }: OpsOptions): Promise<RunningHttp> {
  const answer = async (path: string): Promise<readonly [number, string, string]> => {
    switch (path) {
      case '/metrics':
        return [200, metrics.contentType, await metrics.text()];
      case '/healthz':
        return [200, 'text/plain', 'ok\n'];
      case '/readyz': {
        const why = notReady();
        return why === '' ? [200, 'text/plain', 'ready\n'] : [503, 'text/plain', `${why}\n`];
      }
      default:
        return [404, 'text/plain', 'there is /metrics, /healthz and /readyz\n'];
    }
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume();
    const path = (request.url ?? '').split('?')[0] ?? '';
    const [status, type, text] = request.method === 'GET' ? await answer(path) : ([405, 'text/plain', ''] as const);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  };
  return await listenHttp({
    ...options,
    handler: (request, response) => {
      respond(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'content-type': 'text/plain' }).end(`${errorText(error)}\n`);
      });
    },
  });
}
