import { connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does with the connections that go through it. */
export type ProxyMode =
  /** Hands everything on. */
  | 'pass'
  /** Ends new connections at once. */
  | 'refuse'
  /** Keeps connections open and hands nothing on in either direction. */
  | 'stall'
  /** Hands on what the client sends, and throws the answers away. */
  | 'eat-answers'
  /** Hands on what the server sends, and throws away what the client does. */
  | 'eat-requests';

/** A TCP proxy with faults, in front of any server on this host. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #pairs = new Set<{ client: Socket; server: Socket }>();
  #mode: ProxyMode = 'pass';
  #cut: { left: number } | undefined;
  /** Connections accepted so far. */
  accepted = 0;
  /** Cuts that `cutAfter` made so far. */
  cuts = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is stopped');
    return address.port;
  }

  get host(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Of this side of the connections to the server. */
  get ports(): number[] {
    return [...this.#pairs].map(({ server }) => server.localPort ?? 0);
  }

  set mode(mode: ProxyMode) {
    this.#mode = mode;
    for (const { client, server } of this.#pairs) {
      if (mode === 'stall') {
        client.pause();
        server.pause();
      } else {
        client.resume();
        server.resume();
      }
    }
  }

  /** Cuts every connection that is open now. */
  cutAll(): void {
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  /** Cuts the connection over which the server sends the `bytes`-th byte from now; once. */
  cutAfter(bytes: number): void {
    this.#cut = { left: bytes };
  }

  async stop(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    if (this.#mode === 'refuse') {
      client.destroy();
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // What broke is of no interest: both ends are closed, that is what a cut looks like.
      socket.on('error', end);
      socket.on('close', end);
    }
    client.on('data', (chunk: Buffer) => {
      if (this.#mode !== 'eat-requests') server.write(chunk);
    });
    server.on('data', (chunk: Buffer) => {
      if (this.#mode === 'eat-answers') return;
      const cut = this.#cut;
      if (cut !== undefined && (cut.left -= chunk.length) <= 0) {
        this.#cut = undefined;
        this.cuts += 1;
        client.write(chunk.subarray(0, chunk.length + cut.left), end);
        return;
      }
      // Held back when the client is slow, so that flow control works through the proxy as it does without it.
      if (!client.write(chunk)) {
        server.pause();
        client.once('drain', () => this.#mode !== 'stall' && server.resume());
      }
    });
    if (this.#mode === 'stall') {
      client.pause();
      server.pause();
    }
  }
}
