import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { parseJson } from '../../src/platform/json.ts';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whole numbers beyond 2^53 as bigint. */
  readonly json: unknown;
}

export async function rest(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<RestAnswer> {
  const answer = await fetch(`${base}${path}`, {
    method,
    // A connection each: one that is kept may end just as it is used again, while a test keeps the process busy.
    headers: { connection: 'close', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: answer.status, headers: answer.headers, text, json: isJson ? parseJson(text) : undefined };
}

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export interface EventReader {
  /** Events until `count` came, or the stream ended. */
  take(count: number): Promise<ServerSentEvent[]>;
  /** Stops reading, as a slow client does. */
  pause(): void;
  resume(): void;
  lastId(): string;
  readonly ended: Promise<void>;
  close(): void;
}

/** A client of server-sent events on a connection of its own, so that it can be slow. */
export async function readEvents(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = httpRequest(url, { headers: { accept: 'text/event-stream', ...headers }, agent: false }, resolve);
    sent.on('error', reject);
    sent.end();
  });
  if (incoming.statusCode !== 200) throw new Error(`status ${incoming.statusCode}`);
  const events: ServerSentEvent[] = [];
  let rest = '';
  let id = '';
  let wake = () => {};
  const state = { over: false };
  incoming.setEncoding('utf8');
  incoming.on('data', (chunk: string) => {
    rest += chunk;
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      id = field('id') ?? id;
      const data = field('data');
      if (data !== undefined) events.push({ event: field('event') ?? 'message', id, data });
    }
    wake();
  });
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      state.over = true;
      wake();
      resolve();
    };
    incoming.on('end', end);
    incoming.on('error', end);
    incoming.on('close', end);
  });
  return {
    take: async (count) => {
      while (events.length < count && !state.over) await new Promise<void>((resolve) => (wake = resolve));
      return events.splice(0, count);
    },
    pause: () => void incoming.pause(),
    resume: () => void incoming.resume(),
    lastId: () => id,
    ended,
    close: () => incoming.destroy(),
  };
}

/** One GET over TLS with a client certificate. */
export function tlsGet(
  url: string,
  tls: { ca: Buffer; cert?: Buffer; key?: Buffer },
  method = 'GET',
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = tlsRequest(url, { ...tls, method, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
