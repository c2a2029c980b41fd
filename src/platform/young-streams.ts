import http2, { type Http2Session } from 'node:http2';
import { Passage } from './passage.ts';

let done = false;

/**
 * Makes every HTTP/2 session of this process keep its open streams in a `Passage` instead of a Map. From a stream all of its call can be reached, request
 * and answer and what grpc-js makes of them, so that a Map of streams is what most of all makes the collector keep calls that are over. A session that
 * keeps its streams some other way than those of Node 20 to 24 is left as it is.
 */
export function keepStreamsYoung(): void {
  if (done) return;
  done = true;
  const { connect, createServer, createSecureServer } = http2;
  const served = <S extends http2.Http2Server | http2.Http2SecureServer>(server: S): S => {
    server.on('session', mend);
    return server;
  };
  // grpc-js takes these from the module each time it opens a connection or a port. The casts are their overloads.
  Object.assign(http2, {
    connect: (...args: Parameters<typeof connect>) => {
      const session = connect(...args);
      mend(session);
      return session;
    },
    createServer: (...args: unknown[]) => served((createServer as (...args: unknown[]) => http2.Http2Server)(...args)),
    createSecureServer: (...args: unknown[]) =>
      served((createSecureServer as (...args: unknown[]) => http2.Http2SecureServer)(...args)),
  });
}

function mend(session: Http2Session): void {
  const symbol = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
  if (symbol === undefined) return;
  // Node's own state of the session, which has no type.
  const state = (session as unknown as Record<symbol, { streams?: unknown } | undefined>)[symbol];
  if (state === undefined || Object.prototype.toString.call(state.streams) !== '[object Map]') return;
  state.streams = new Passage<number, unknown>();
}
