import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { TlsFiles } from '../../src/platform/tls.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { Client } from '../../src/rpc/types.ts';

export type CellClient = Client<'CellService'>;

export interface Peer {
  readonly address: string;
  readonly client: CellClient;
}

/**
 * Every BBS, with a connection of its own. A call goes to the one that answered last; one that is down, or hangs, is left for
 * the next. (A frozen process keeps its connection, so a time-out must move us on just as a refusal does.)
 */
export class Peers {
  readonly all: readonly Peer[];
  readonly #channels: readonly Channel[];
  #at = 0;

  constructor(addresses: readonly string[], tls: TlsFiles | undefined) {
    this.#channels = addresses.map((address) => new Channel({ addresses: [address], tls }));
    this.all = this.#channels.map((channel, index) => ({
      address: addresses[index] ?? '',
      client: channel.client('CellService', { streamed: true }),
    }));
  }

  /** One try at each, beginning with the last good one. For calls that are safe to repeat. */
  async call<T>(work: (client: CellClient) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (let tries = 0; tries < this.all.length; tries += 1) {
      const at = this.#at;
      const peer = this.all[at];
      if (peer === undefined) break;
      try {
        return await work(peer.client);
      } catch (error) {
        if (!isDomainError(error, 'unavailable') && !isDomainError(error, 'deadline')) throw error;
        failure = error;
        // Several calls may fail on the same one at once: only the first moves on.
        if (this.#at === at) this.#at = (at + 1) % this.all.length;
      }
    }
    throw failure ?? new DomainError('internal', 'no BBS');
  }

  close(): void {
    for (const channel of this.#channels) channel.close();
  }
}
