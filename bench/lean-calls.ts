import { type ServiceName, serviceDefinition } from '../src/rpc/descriptors.ts';
import type { StreamedAnswer__Output } from '../src/rpc/gen/gavel/v1/StreamedAnswer.ts';
import type { StreamedCall } from '../src/rpc/gen/gavel/v1/StreamedCall.ts';
import { type Client, STREAMED } from '../src/rpc/types.ts';
import type { LeanChannel } from './lean-client.ts';
import { LeanStream } from './lean-stream.ts';

/** The unary methods of a service over one stream, as a cell calls them (src/rpc/call-stream.ts), for drivers that play a thousand. */
export class LeanCalls<S extends ServiceName> {
  readonly client: Client<S>;
  readonly #stream: LeanStream<StreamedCall, StreamedAnswer__Output>;
  readonly #waiting = new Map<number, (answer: StreamedAnswer__Output | Error) => void>();
  #lastId = 0;

  constructor(channel: LeanChannel, service: S) {
    this.#stream = new LeanStream(channel, `${service}.${STREAMED}`, (answer: StreamedAnswer__Output) =>
      this.#waiting.get(answer.id)?.(answer),
    );
    void this.#stream.ended.then((error = new Error('the stream of calls ended')) => {
      for (const answered of this.#waiting.values()) answered(error);
    });
    const methods = Object.entries(serviceDefinition(service)).map(([name, definition]) => [
      name,
      async (request: unknown): Promise<unknown> =>
        definition.responseDeserialize(await this.#call(name, definition.requestSerialize(request))),
    ]);
    this.client = Object.fromEntries(methods) as Client<S>;
  }

  close(): void {
    this.#stream.close();
  }

  #call(method: string, request: Buffer): Promise<Buffer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id);
        if (answer instanceof Error) reject(answer);
        else if (answer.error === '') resolve(answer.answer);
        else reject(new Error(`${method}: ${answer.error} ${answer.message}`));
      });
      this.#stream.send({ id, method, request });
    });
  }
}
