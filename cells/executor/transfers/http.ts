import { createReadStream, createWriteStream } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DomainError, errorText } from '../../../src/domain/errors.ts';
import { childSignal } from '../actions/bounds.ts';
import { guardedLookup, refuseDenied } from './deny.ts';
import { agentFor } from './proxy.ts';

export interface HttpBounds {
  /** Without a byte for this long it is broken. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly maxBytes: number;
}

const REDIRECTS = 10;

/** Anything but success of one try; the text never holds the URL, which may carry credentials. */
export class HttpError extends Error {
  readonly status: number | undefined;

  constructor(text: string, status?: number) {
    super(text);
    this.status = status;
  }

  /** Worth another try: everything but an answer that says that the request itself is wrong. */
  get passing(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

export interface Got {
  readonly status: 200 | 304;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly lastModified: string;
}

/** One GET into a file, redirects followed; the body as it is, whatever its encoding. */
export async function getTo(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  bounds: HttpBounds,
  signal: AbortSignal,
): Promise<Got> {
  return await withDeadline(bounds.totalMs, signal, async (inner) => {
    let at = new URL(url);
    for (let hop = 0; hop <= REDIRECTS; hop += 1) {
      const answer = await send(
        at,
        { method: 'GET', headers: { 'accept-encoding': 'identity', ...headers } },
        bounds,
        inner,
      );
      const { statusCode: status = 0 } = answer;
      const { location, etag = '', 'last-modified': lastModified = '' } = answer.headers;
      if (
        status >= 300 &&
        status < 400 &&
        status !== 304 &&
        location !== undefined &&
        URL.canParse(location, at.href)
      ) {
        answer.destroy();
        at = new URL(location, at);
        continue;
      }
      if (status === 304) {
        answer.destroy();
        return { status, sizeBytes: 0, etag, lastModified };
      }
      if (status !== 200) {
        answer.destroy();
        throw new HttpError(`Download failed: Status code ${status}`, status);
      }
      const sizeBytes = await keep(answer, path, bounds);
      return { status, sizeBytes, etag, lastModified };
    }
    throw new HttpError(`more than ${REDIRECTS} redirects`, 310);
  });
}

/** One POST of a file. A redirect has taken nothing in, so it is a failure. */
export async function postFile(
  url: string,
  path: string,
  sizeBytes: number,
  headers: Readonly<Record<string, string>>,
  bounds: HttpBounds,
  signal: AbortSignal,
): Promise<void> {
  await withDeadline(bounds.totalMs, signal, async (inner) => {
    const all = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes), ...headers };
    const answer = await send(new URL(url), { method: 'POST', headers: all, body: path }, bounds, inner);
    const { statusCode: status = 0 } = answer;
    answer.destroy();
    if (status < 200 || status >= 300) throw new HttpError(`Upload failed: Status code ${status}`, status);
  });
}

interface Request {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Path of a file. */
  readonly body?: string;
}

async function send(url: URL, what: Request, bounds: HttpBounds, signal: AbortSignal): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new HttpError('only http and https are known', 400);
  refuseDenied(url);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, headers, body } = what;
    let answer: IncomingMessage | undefined;
    const proxied = childSignal(signal);
    const agent = agentFor(url, proxied.signal);
    const call = request(url, { method, headers, signal, agent, lookup: guardedLookup }, (begun) => {
      answer = begun;
      resolve(begun);
    });
    // Before a proxy has answered there is no socket, and without one nothing ends a request.
    const dial = setTimeout(() => {
      reject(new HttpError(`no connection within ${bounds.idleMs} ms`));
      proxied.abort(undefined);
    }, bounds.idleMs);
    call.once('socket', () => clearTimeout(dial));
    call.once('close', () => {
      clearTimeout(dial);
      proxied.release();
    });
    // Nothing sent and nothing received. A server that works on what it got is given the whole time.
    if (method === 'GET') {
      call.setTimeout(bounds.idleMs, () => {
        // Whoever reads the body is told why it ends; the request alone would only say that it was cut.
        (answer ?? call).destroy(new HttpError(`nothing came for ${bounds.idleMs} ms`));
      });
    } else {
      call.on('socket', (socket) => {
        socket.setTimeout(bounds.idleMs, () => {
          if (socket.connecting) call.destroy(new HttpError(`no connection within ${bounds.idleMs} ms`));
        });
      });
    }
    call.on('error', (error) => reject(plain(error)));
    if (body === undefined) call.end();
    else pipeline(createReadStream(body), call).catch((error: unknown) => reject(plain(error)));
  });
}

/** Only what went wrong and with whom: messages of Node's parsers may quote the URL. */
function plain(error: unknown): Error {
  if (error instanceof HttpError || error instanceof DomainError) return error;
  return new HttpError(errorText(error));
}

async function keep(answer: IncomingMessage, path: string, { maxBytes }: HttpBounds): Promise<number> {
  let sizeBytes = 0;
  const count = new Transform({
    transform(piece: Buffer, _encoding, done) {
      sizeBytes += piece.length;
      if (sizeBytes > maxBytes) done(new HttpError(`more than ${maxBytes} bytes`, 413));
      else done(null, piece);
    },
  });
  try {
    await pipeline(answer, count, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    throw plain(error);
  }
  return sizeBytes;
}

/** Ends with the outer signal, or when the whole has taken too long. */
async function withDeadline<T>(ms: number, signal: AbortSignal, work: (inner: AbortSignal) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const pass = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', pass, { once: true });
  const timer = setTimeout(() => controller.abort(new HttpError(`took longer than ${ms} ms`)), ms);
  try {
    return await work(controller.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (controller.signal.aborted) throw controller.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', pass);
  }
}
