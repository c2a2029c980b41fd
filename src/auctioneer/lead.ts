import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { durationMsFromWire } from '../rpc/codec.ts';
import type { Client } from '../rpc/types.ts';

/** While it is not known how long a lead counts. */
const LEASE_FIRST_MS = 4_000;
/** The lead is laid down so much before it ends for everybody else. */
const SURE = 0.8;

export interface LeadDeps {
  readonly placement: Pick<Client<'PlacementService'>, 'Lead'>;
  /** Equal after a restart, so that the place need not be waited for. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** `leader` is empty while none is known. */
  readonly onChange: (leading: boolean, leader: string) => void;
}

/** This auctioneer's part in the question who places: asks for the lead, again and again, and knows whether it has it. */
export class Lead {
  readonly #deps: LeadDeps;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #leading = false;
  #leader = '';
  #leaseMs = LEASE_FIRST_MS;
  /** Monotonic: the sending of the last question that was answered with our own name. */
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(deps: LeadDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Gives the lead back. Never rejects; bounded by the lease. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    if (!this.#leading) return;
    const { placement, name, log } = this.#deps;
    await placement
      .Lead({ auctioneer: name, resign: true }, { timeoutMs: this.#leaseMs / 4 })
      .catch((error: unknown) => log.info({ error: errorText(error) }, 'lead.not-resigned'));
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { placement, name, clock, log } = this.#deps;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const sentAt = clock.monotonicMs();
      try {
        const answer = await placement.Lead({ auctioneer: name }, { timeoutMs: this.#leaseMs / 4, signal });
        this.#leaseMs = durationMsFromWire(answer.lease_ttl) ?? this.#leaseMs;
        if (answer.leader === name) this.#sentAt = sentAt;
        this.#become(answer.leader === name, answer.leader);
      } catch (error) {
        if (signal.aborted) return;
        log.debug({ error: errorText(error) }, 'lead.unanswered');
        // Nobody else can have it before our lease is over, so until then there is no change.
        if (clock.monotonicMs() - this.#sentAt > SURE * this.#leaseMs) this.#become(false, '');
      }
      await sleep((this.#leaseMs / 4) * (0.8 + Math.random() * 0.4), undefined, { signal }).catch(() => {});
    }
  }

  #become(leading: boolean, leader: string): void {
    if (leading === this.#leading && leader === this.#leader) return;
    this.#leading = leading;
    this.#leader = leader;
    this.#deps.log.info({ leading, leader }, 'lead.changed');
    this.#deps.onChange(leading, leader);
  }
}
