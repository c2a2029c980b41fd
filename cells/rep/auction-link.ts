import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { TlsFiles } from '../../src/platform/tls.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { CellSummary } from '../../src/rpc/gen/gavel/v1/CellSummary.ts';
import { Backoff } from './retry.ts';
import { type Claim, claimFromWire } from './wire.ts';
import { WorkLedger } from './work-ledger.ts';

export interface AuctionLinkDeps {
  readonly addresses: readonly string[];
  readonly tls: TlsFiles | undefined;
  readonly log: Logger;
  readonly summary: (workSequence: number) => CellSummary;
  /** Resolves when the claim's capacity has been booked or refused. */
  readonly take: (claim: Claim) => Promise<void>;
}

/** What the auctioneer took off its figures itself when it sent the work need not be told at once: short tasks are over by then, and that is told anyway. */
const BOOKED_MS = 200;

/** A stream that lived so long was a good one. */
const GOOD_MS = 5_000;

/**
 * The stream to the auctioneer that leads: the summary up whenever it changes, work down. One at a time; when it breaks, or that
 * auctioneer only stands by, the next address.
 */
export class AuctionLink {
  readonly #deps: AuctionLinkDeps;
  readonly #channels: readonly Channel[];
  #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #stale = true;
  #later: NodeJS.Timeout | undefined;
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

  /** A claim was booked: told with the next change, or by itself soon. */
  booked(): void {
    if (!this.#stopped.signal.aborted) this.#later ??= setTimeout(() => this.changed(), BOOKED_MS);
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
    const ledger = new WorkLedger();
    const ended = new AbortController();
    this.#stale = true;
    try {
      const both = AbortSignal.any([signal, ended.signal]);
      const works = channel.client('AuctionService').Join(this.#summaries(ledger, both), { signal });
      for await (const { sequence, claims } of works) {
        this.#connected = true;
        const number = Number(sequence);
        const wanted = claims.map(claimFromWire).filter((claim) => claim !== undefined);
        ledger.begin(number, wanted.length);
        for (const claim of wanted) {
          // A claim that cannot be booked because the cell is leaving is nobody's business any more.
          void this.#deps
            .take(claim)
            .catch(() => undefined)
            .finally(() => {
              ledger.done(number);
              this.booked();
            });
        }
      }
    } finally {
      ended.abort();
      this.#wake?.();
    }
  }

  async *#summaries(ledger: WorkLedger, signal: AbortSignal): AsyncGenerator<CellSummary> {
    while (!signal.aborted) {
      if (this.#stale) {
        this.#stale = false;
        yield this.#deps.summary(ledger.accounted);
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
