import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Task } from '../domain/task.ts';
import { isTaskError, type TaskError, taskError } from './errors.ts';
import { taskFromJson } from './json.ts';

/*
 * For whoever receives completion callbacks. No client is needed: the body is the whole task, and its signature (Standard Webhooks)
 * says that it came from the cluster that has the secret, and when.
 */

type Headers = Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null };

export interface VerifyOptions {
  /** How far the sender's clock may be from ours. Default 300 s. */
  readonly toleranceSec?: number;
  /** UNIX milliseconds; for tests. */
  readonly nowMs?: number;
}

export interface HandlerOptions extends VerifyOptions {
  /** Default 4 MiB, which is more than any task has. */
  readonly maxBytes?: number;
}

const TOLERANCE_SEC = 300;
const BODY_MAX_BYTES = 4 * 1_024 * 1_024;
const READ_MAX_MS = 30_000;

/**
 * The finished task of a callback, once its signature is right. `rawBody` as it came: a body that was parsed and written again has
 * another signature. `secret` may be several while one is exchanged for the next.
 * @throws TaskError `unauthenticated` when it is not what the cluster sent, or too old.
 */
function verify(
  rawBody: string | Uint8Array,
  headers: Headers,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Task {
  const body = typeof rawBody === 'string' ? Buffer.from(rawBody) : rawBody;
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const given = header(headers, 'webhook-signature');
  if (!/^\d{1,12}$/.test(timestamp)) throw refused('webhook-timestamp is no time');
  const age = (options.nowMs ?? Date.now()) / 1_000 - Number(timestamp);
  const tolerance = options.toleranceSec ?? TOLERANCE_SEC;
  if (Math.abs(age) > tolerance) throw refused(`it was sent ${Math.round(age)} s ago; ${tolerance} s are allowed`);
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const right = secrets.map((one) => signature(one, `${id}.${timestamp}.`, body));
  const told = given
    .split(' ')
    .flatMap((part) => (part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : []));
  // Every one is compared: how long this takes says nothing about which was near.
  const matches = told.flatMap((one) => right.map((it) => one.length === it.length && timingSafeEqual(one, it)));
  if (!matches.includes(true)) throw refused('no signature is right');
  return taskFromJson(Buffer.from(body).toString('utf8'));
}

/**
 * A handler for `http.createServer`, or for a route of a framework that leaves the body alone. Answers 200 when `take` is done: the
 * callback is acknowledged then; 401 when the signature is wrong; 500 when `take` throws, so that it is sent again. The same callback
 * may come more than once; `id` is the same each time.
 */
function handler(
  secret: string | readonly string[],
  take: (task: Task, id: string) => Promise<void> | void,
  options: HandlerOptions = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    void (async () => {
      let status = 200;
      try {
        const body = await read(request, options.maxBytes ?? BODY_MAX_BYTES);
        await take(verify(body, request.headers, secret, options), header(request.headers, 'webhook-id'));
      } catch (error) {
        status = isTaskError(error, 'unauthenticated') ? 401 : isTaskError(error, 'too_large') ? 413 : 500;
      }
      if (!response.headersSent) response.writeHead(status).end();
    })();
  };
}

export const callbacks = { verify, handler };

function signature(secret: string, before: string, body: Uint8Array): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  // An empty key would make everybody's signature right.
  if (key.length === 0) throw taskError('invalid_argument', 'the secret is empty; it looks like whsec_...');
  return createHmac('sha256', key).update(before).update(body).digest();
}

function header(headers: Headers, name: string): string {
  const value = hasGet(headers) ? headers.get(name) : (headers[name] ?? byAnyCase(headers, name));
  const text = typeof value === 'string' ? value : value?.[0];
  if (text === undefined || text === '') throw refused(`the header ${name} is missing`);
  return text;
}

function hasGet(headers: Headers): headers is { get(name: string): string | null } {
  return typeof headers['get'] === 'function';
}

function byAnyCase(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

async function read(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const late = setTimeout(() => request.destroy(), READ_MAX_MS);
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > maxBytes) throw taskError('too_large', `the body has more than ${maxBytes} bytes`);
      pieces.push(piece);
    }
  } finally {
    clearTimeout(late);
  }
  return Buffer.concat(pieces);
}

function refused(why: string): TaskError {
  return taskError('unauthenticated', `the callback is not to be trusted: ${why}`);
}
