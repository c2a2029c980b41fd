import { type ClientOptions, credentials, InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { noop } from 'cockatiel';
import { Etcd3, type IOptions } from 'etcd3';
import { closedError, isConnectionFault, storeError } from './errors.ts';
import { WireClient } from './wire.ts';

export const CALL_DEADLINE_MS = 2_000;

export interface EtcdTls {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface EtcdAddress {
  readonly hosts: readonly string[];
  readonly tls?: EtcdTls;
}

/**
 * A member cut off from the majority keeps streams open and silent for ever, unless the call says that it wants a leader. etcd3
 * cannot send metadata, an interceptor can.
 */
const requireLeader: Interceptor = (options, nextCall) =>
  new InterceptingCall(nextCall(options), {
    start(metadata, listener, next) {
      metadata.set('hasleader', 'true');
      next(metadata, listener);
    },
  });

const CHANNEL: ClientOptions = {
  interceptors: [requireLeader],
  'grpc.enable_channelz': 0,
  // etcd counts pings closer than 5 s against the client.
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 3_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // The default shares one connection among all channels with these options: a fault or a full window would be shared too.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
  // With 64 KB, as it comes, one answer of the watch (a whole group of commits) comes in pieces, each of which waits for a turn of this process: under
  // load the view then lies behind what is asked of it, and the store is asked instead (docs/performance.md).
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
};

/** One connection to one member, with everything etcd3 does by itself (retries, breakers) off: see reliability 4.8. */
export function connect(host: string, tls: EtcdTls | undefined): Etcd3 {
  const options: IOptions = {
    hosts: host,
    faultHandling: { global: noop, host: () => noop },
    defaultCallOptions: (call) => (call.isStream ? {} : { deadline: Date.now() + CALL_DEADLINE_MS }),
    grpcOptions: CHANNEL,
  };
  if (tls !== undefined) {
    options.credentials = {
      rootCertificate: tls.ca,
      ...(tls.key === undefined ? {} : { privateKey: tls.key }),
      ...(tls.cert === undefined ? {} : { certChain: tls.cert }),
    };
  }
  return new Etcd3(options);
}

/** The same for transactions and the watch. */
export function connectWire(host: string, tls: EtcdTls | undefined): WireClient {
  const secure = tls && credentials.createSsl(tls.ca, tls.key ?? null, tls.cert ?? null);
  return new WireClient(host, secure, CHANNEL);
}

interface Connection {
  close(): void;
}

/**
 * The members of one cluster as one kind of call sees them. Calls stay with one member until it fails one, then move to the
 * next: etcd3's own choice (another member for each call) keeps failing every third call while one of three is down.
 */
export class Members<C extends Connection = Etcd3> {
  readonly #clients: readonly C[];
  #at: number;
  #closed = false;

  constructor(address: EtcdAddress, at: number, open: (host: string, tls: EtcdTls | undefined) => C) {
    this.#clients = address.hosts.map((host) => open(host, address.tls));
    this.#at = at % address.hosts.length;
  }

  /** Makes one call, once. @throws DomainError */
  async call<T>(make: (client: C) => Promise<T>): Promise<T> {
    const at = this.#at;
    const client = this.#clients[at];
    if (this.#closed || client === undefined) throw closedError();
    try {
      return await make(client);
    } catch (error) {
      if (this.#closed) throw closedError();
      if (this.#at === at && isConnectionFault(error)) this.#at = (at + 1) % this.#clients.length;
      throw storeError(error);
    }
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients) client.close();
  }
}
