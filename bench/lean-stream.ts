import type { ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { type ServiceName, serviceDefinition } from '../src/rpc/descriptors.ts';
import type { LeanChannel } from './lean-client.ts';

const HEADER_BYTES = 5;

/** A gRPC stream in both directions straight on node's HTTP/2, for drivers that play a thousand peers at once. */
export class LeanStream<Q extends object, R> {
  readonly #stream: ClientHttp2Stream;
  readonly #serialize: (message: Q) => Buffer;
  /** Why it ended; undefined in good order. */
  readonly ended: Promise<Error | undefined>;

  /** @param name `Service.Method`, whose messages Q and R are. */
  constructor(channel: LeanChannel, name: `${ServiceName}.${string}`, onMessage: (message: R) => void) {
    const [service, method] = name.split('.') as [ServiceName, string];
    const definition = serviceDefinition(service)[method];
    if (definition === undefined) throw new Error(`there is no ${name}`);
    this.#serialize = definition.requestSerialize;
    const stream = channel.open(definition.path);
    this.#stream = stream;
    let status: IncomingHttpHeaders = {};
    let broke: Error | undefined;
    let rest: Buffer = Buffer.alloc(0);
    const note = (headers: IncomingHttpHeaders) => {
      if (headers['grpc-status'] !== undefined) status = headers;
    };
    stream.on('response', note);
    stream.on('trailers', note);
    stream.on('data', (part: Buffer) => {
      rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
      while (rest.length >= HEADER_BYTES) {
        const end = HEADER_BYTES + rest.readUInt32BE(1);
        if (rest.length < end) return;
        const message = definition.responseDeserialize(rest.subarray(HEADER_BYTES, end)) as R;
        rest = rest.subarray(end);
        onMessage(message);
      }
    });
    stream.on('error', (error: Error) => {
      broke = error;
    });
    this.ended = new Promise((resolve) => {
      stream.on('close', () => {
        if (status['grpc-status'] === '0') resolve(undefined);
        else resolve(broke ?? new Error(`${definition.path}: ${String(status['grpc-message'] ?? 'the stream broke')}`));
      });
    });
  }

  send(message: Q): void {
    const bytes = this.#serialize(message);
    const frame = Buffer.allocUnsafe(HEADER_BYTES + bytes.length);
    frame[0] = 0;
    frame.writeUInt32BE(bytes.length, 1);
    bytes.copy(frame, HEADER_BYTES);
    this.#stream.write(frame);
  }

  /** No more from this side. */
  finish(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.close();
  }
}
