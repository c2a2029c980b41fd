import { DomainError } from '../src/domain/errors.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { AUCTION_LEADER_KEY } from './keys.ts';
import type { Entry, Store } from './store/store.ts';

/** An auctioneer that has not asked for so long leads no more. etcd's shortest lease is about 2 s. */
export const AUCTION_LEASE_MS = 4_000;

interface LeadRecord {
  readonly auctioneer: string;
  readonly lease: string;
}

/**
 * Which auctioneer places: whoever asks first while there is none, until it stops asking. For liveness only, as every leadership
 * here: a claim commits by its own compares, whoever makes it. Every BBS answers alike, since all of it is in the store.
 */
export class AuctionLead {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Takes or keeps the lead, where nobody else has it.
   * @returns the name of the leader. The lead of `name` counts for `AUCTION_LEASE_MS` from the sending of the question.
   */
  async ask(name: string): Promise<string> {
    if (name === '') throw new DomainError('invalid_argument', 'auctioneer: is required');
    const held = await this.#store.get(AUCTION_LEADER_KEY);
    if (held === undefined) return await this.#take(name);
    const { auctioneer, lease } = recordOf(held);
    if (auctioneer !== name) return auctioneer;
    return (await this.#store.renewLease(lease)) ? name : await this.#take(name);
  }

  /** At a clean stop: the next one need not wait for the lease to end. */
  async resign(name: string): Promise<void> {
    const held = await this.#store.get(AUCTION_LEADER_KEY);
    if (held === undefined) return;
    const { auctioneer, lease } = recordOf(held);
    if (auctioneer === name) await this.#store.revokeLease(lease);
  }

  async #take(name: string): Promise<string> {
    const lease = await this.#store.grantLease(AUCTION_LEASE_MS);
    const value = encodeRecord({ auctioneer: name, lease } satisfies LeadRecord);
    const { committed } = await this.#store.commit({
      guards: [{ key: AUCTION_LEADER_KEY, modRevision: 0 }],
      writes: [{ put: AUCTION_LEADER_KEY, value, lease }],
    });
    if (committed) return name;
    await this.#store.revokeLease(lease);
    const winner = await this.#store.get(AUCTION_LEADER_KEY);
    return winner === undefined ? '' : recordOf(winner).auctioneer;
  }
}

function recordOf(entry: Entry): LeadRecord {
  return decodeRecord<LeadRecord>(entry.value);
}
