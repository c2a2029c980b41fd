import { connect, createServer, type Server, type Socket } from 'node:net';

/** Etcd's members say who they are in each request to another one. */
const FROM = /^x-server-from: *([0-9a-f]+)\r$/im;

/** In front of one etcd member's peer address: cuts it off from some or all of the others, silently, as a network does. */
export class PeerProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Map<Socket, { readonly to: Socket; from: string }>();
  #cut: (from: string) => boolean = () => false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<PeerProxy> {
    const proxy = new PeerProxy(targetPort);
    await new Promise<void>((done) => proxy.#server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is stopped');
    return address.port;
  }

  /** @param cut whether nothing passes any more between our member and the one of this id (hex), in either direction. */
  cut(cut: (from: string) => boolean): void {
    this.#cut = cut;
    for (const [client, { to, from }] of this.#pairs) if (cut(from)) for (const socket of [client, to]) socket.pause();
  }

  /** All may pass again; what was held up is gone. */
  heal(): void {
    this.#cut = () => false;
    for (const [client, { to, from: _from }] of this.#pairs)
      if (client.isPaused() || to.isPaused()) for (const socket of [client, to]) socket.destroy();
  }

  async stop(): Promise<void> {
    for (const [client, { to }] of this.#pairs) for (const socket of [client, to]) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #accept(client: Socket): void {
    const to = connect(this.#target, '127.0.0.1');
    const pair = { to, from: '' };
    this.#pairs.set(client, pair);
    const end = (): void => {
      this.#pairs.delete(client);
      client.destroy();
      to.destroy();
    };
    for (const socket of [client, to]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (bytes: Buffer) => {
      const [, from] = FROM.exec(bytes.toString('latin1')) ?? [];
      if (from !== undefined) pair.from = from;
      if (this.#cut(pair.from)) {
        // Lost, as what comes after it.
        for (const socket of [client, to]) socket.pause();
      } else to.write(bytes);
    });
    to.on('data', (bytes: Buffer) => client.write(bytes));
  }
}
