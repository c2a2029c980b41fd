import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { TlsFiles } from '../../src/platform/tls.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { CellOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { CellSummary } from '../../src/rpc/gen/gavel/v1/CellSummary.ts';
import { Backoff } from './retry.ts';

export interface AuctionLinkDeps {
  readonly addresses: readonly string[];
  readonly tls: TlsFiles | undefined;
  readonly log: Logger;
  readonly offer: CellOffer;
  /** All but the offer, and what it accounts for. */
  readonly summary: () => CellSummary;
  /** Attempts whose share is booked. */
  readonly held: () => readonly string[];
}

/** What the auctioneer took off its figures itself when it placed the task need not be told at once: short tasks are over by then, and that is told anyway. */
const ACCOUNTED_MS = 200;

/** A stream that lived so long was a good one. */
const GOOD_MS = 5_000;

/**
 * The stream to the auctioneer that leads: the summary whenever it changes. One at a time; when it breaks, or that auctioneer
 * only stands by, the next address.
 */
export class AuctionLink {
  readonly #deps: AuctionLinkDeps;
  readonly #channels: readonly Channel[];
  #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #stale = true;
  #later: NodeJS.Timeout | undefined;
  /** Since the last summary. */
  #accounted: string[] = [];
  #connected = false;

  constructor(deps: AuctionLinkDeps) {
    this.#deps = deps;
    this.#channels = deps.addresses.map((address) => new Channel({ addresses: [address], tls: deps.tls }));
  }

  get connected(): boolean {
    return this.#connected;
  }

  start(): void {
    this.#loop = this.#run().catch(() => undefined);
  }

  /** The summary has changed. Many changes in one turn, or while the last one is on its way, make one message. */
  changed(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#stale = true;
    this.#wake?.();
  }

  /** An attempt's share was booked or refused: told with the next change, or by itself soon. */
  accounted(attempt: string): void {
    if (this.#stopped.signal.aborted) return;
    this.#accounted.push(attempt);
    this.#later ??= setTimeout(() => this.changed(), ACCOUNTED_MS);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#later);
    this.#wake?.();
    await this.#loop;
    for (const channel of this.#channels) channel.close();
  }

  async #run(): Promise<void> {
    const signal = this.#stopped.signal;
    const backoff = new Backoff({ firstMs: 100, mostMs: 2_000 });
    let failed = 0;
    for (let at = 0; !signal.aborted; at = (at + 1) % this.#channels.length) {
      const channel = this.#channels[at];
      if (channel === undefined) return;
      const since = performance.now();
      try {
        await this.#join(channel, signal);
        this.#deps.log.info({ auctioneer: this.#deps.addresses[at] }, 'auction.stream-ended');
      } catch (error) {
        if (signal.aborted) return;
        this.#deps.log.info({ auctioneer: this.#deps.addresses[at], error: errorText(error) }, 'auction.stream-broke');
      }
      this.#connected = false;
      if (performance.now() - since > GOOD_MS) {
        backoff.reset();
        failed = 0;
      }
      failed += 1;
      // The others are asked first, without a pause: one of them may lead by now.
      if (failed % this.#channels.length === 0) await backoff.pause(signal);
    }
  }

  async #join(channel: Channel, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    this.#stale = true;
    try {
      const both = AbortSignal.any([signal, ended.signal]);
      for await (const _ of channel.client('AuctionService').Join(this.#summaries(both), { signal })) {
        this.#connected = true;
      }
    } finally {
      ended.abort();
      this.#wake?.();
    }
  }

  async *#summaries(signal: AbortSignal): AsyncGenerator<CellSummary> {
    const { offer, summary, held } = this.#deps;
    let first = true;
    while (!signal.aborted) {
      if (this.#stale) {
        this.#stale = false;
        const accounted = first ? [...held()] : this.#accounted;
        this.#accounted = [];
        yield { ...summary(), accounted, ...(first ? { offer } : {}) };
        first = false;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      // What else changes in this turn goes with it.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}
