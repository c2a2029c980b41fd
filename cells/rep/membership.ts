import type { Logger } from 'pino';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { durationMsFromWire } from '../../src/rpc/codec.ts';
import type { CellOffer } from '../../src/rpc/gen/gavel/v1/CellOffer.ts';
import type { DrainState__Output } from '../../src/rpc/gen/gavel/v1/DrainState.ts';
import type { RenewResponse__Output } from '../../src/rpc/gen/gavel/v1/RenewResponse.ts';
import {
  fencedAtMs,
  fencedGraceMs,
  firstAskMs,
  lostAfterUntold,
  type PlaceTerms,
  TTL_FIRST_MS,
  unsureAtMs,
} from './fence.ts';
import type { KeptTerms } from './kept-lease.ts';
import { Latch } from './latch.ts';
import type { Peers } from './peers.ts';
import { Backoff, rest } from './retry.ts';

export interface MembershipDeps {
  readonly peers: Peers;
  readonly offer: CellOffer & { readonly cell_id: string };
  readonly incarnation: string;
  /** The incarnation of the process before us, when it is certain that it is gone. */
  readonly replaces?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the process before us; undefined = nothing is known. */
  readonly last?: KeptTerms | undefined;
  /** A BBS has vouched for the place, by an answer to what was asked `ageMs` ago. */
  readonly onVouched: (terms: PlaceTerms, ageMs: number) => void;
  /** With each new epoch, before any work under it. */
  readonly onEpoch: (epoch: string) => Promise<void>;
  /** Contact is lost for so long that the BBS may soon call our tasks lost: stop them now, with so long from SIGTERM to SIGKILL. */
  readonly onFenced: (graceMs: number) => void;
  /** The deadline of a drain has passed: end what still runs. */
  readonly onDrainDeadline: () => void;
  /** Something that the summary tells has changed. */
  readonly onChange: () => void;
}

/** What both Register and Renew answer. */
type Told = Pick<RenewResponse__Output, 'lease_ttl' | 'lost_after'>;

const SAY_AGAIN_MS = 15_000;
/** Each renewal sets the timer anew, so it need never run longer. */
const DRAIN_TIMER_MOST_MS = 60 * 60_000;
const LONGEST_TIMER_MS = 60 * 60_000;

/**
 * The cell's place in the cluster. What it believes of it counts from when the last answered renewal was *sent*, on a clock
 * that no one can set (reliability 4.5): an answer that was long under way promises nothing about now.
 */
export class Membership {
  readonly #deps: MembershipDeps;
  readonly #stopped = new AbortController();
  readonly #registered = new Latch();
  readonly #settled = new Latch();
  #epoch: string | undefined;
  #terms: PlaceTerms;
  #sentAt = Number.NEGATIVE_INFINITY;
  /** Of the monotonic clock: not before this is the fence reached. */
  #askedFirstUntil = Number.NEGATIVE_INFINITY;
  #held = false;
  #draining = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #fenced = false;
  #timer: NodeJS.Timeout | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
    this.#terms = deps.last ?? { ttlMs: TTL_FIRST_MS, lostAfterMs: lostAfterUntold(TTL_FIRST_MS) };
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether work may begin. */
  get sure(): boolean {
    return this.#epoch !== undefined && this.#age() < unsureAtMs(this.#terms);
  }

  get ttlMs(): number {
    return this.#terms.ttlMs;
  }

  start(): void {
    // What runs here from before was last vouched for to an earlier process, at the latest now. It may have been long ago.
    const now = this.#deps.clock.monotonicMs();
    this.#sentAt = now - Math.max(0, this.#deps.last?.agoMs ?? 0);
    this.#askedFirstUntil = now + firstAskMs(this.#terms);
    this.#arm('unsure');
    this.#loop = this.#run().catch(() => undefined);
  }

  /** The present epoch, as soon as there is one. */
  async registered(signal: AbortSignal): Promise<string> {
    for (;;) {
      await this.#registered.passed(signal);
      if (this.#epoch !== undefined) return this.#epoch;
    }
  }

  /** As `registered`, and what ran under earlier epochs has been looked after. */
  async settled(signal: AbortSignal): Promise<void> {
    await this.#settled.passed(signal);
  }

  /** The operator's word on this cell, as a BBS tells it; null = it may work. */
  drain(state: DrainState__Output | null): void {
    const draining = state?.draining === true;
    clearTimeout(this.#drainTimer);
    if (draining !== this.#draining) {
      this.#draining = draining;
      this.#deps.log.warn({ draining }, 'cell.drain');
      this.#deps.onChange();
    }
    if (!draining || this.#stopped.signal.aborted) return;
    const leftMs = durationMsFromWire(state.left) ?? 0;
    if (leftMs === 0) return this.#deps.onDrainDeadline();
    if (leftMs > DRAIN_TIMER_MOST_MS) return;
    this.#drainTimer = setTimeout(() => this.#deps.onDrainDeadline(), leftMs);
  }

  /** Gives the place back, so that the next process of this cell need not wait for the lease to end. */
  async leave(timeoutMs: number): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#drainTimer);
    await this.#loop;
    const { peers, offer, log } = this.#deps;
    const epoch = this.#epoch;
    this.#registered.close();
    this.#settled.close();
    if (epoch === undefined) return;
    this.#epoch = undefined;
    await peers
      .call(async (client) => await client.Leave({ cell_id: offer.cell_id, epoch }, { timeoutMs }))
      .catch((error: unknown) => log.warn({ error: errorText(error) }, 'cell.leave-failed'));
  }

  async #run(): Promise<void> {
    const signal = this.#stopped.signal;
    for (;;) {
      await this.#register(signal);
      const epoch = this.#epoch ?? '';
      this.#deps.log.info({ epoch, ...this.#terms }, 'cell.registered');
      // Not awaited: the lease has to be renewed while the past is being looked after.
      void this.#settle(epoch, signal);
      await this.#keep(epoch, signal);
      this.#registered.close();
      this.#settled.close();
      this.#epoch = undefined;
      this.#deps.onChange();
      this.#deps.log.warn({ epoch }, 'cell.place-lost');
    }
  }

  async #settle(epoch: string, signal: AbortSignal): Promise<void> {
    const backoff = new Backoff({ firstMs: 200, mostMs: 5_000 });
    while (this.#epoch === epoch && !signal.aborted) {
      try {
        await this.#deps.onEpoch(epoch);
        if (this.#epoch === epoch) this.#settled.open();
        this.#deps.onChange();
        return;
      } catch (error) {
        this.#deps.log.warn({ error: errorText(error) }, 'cell.settle-failed');
        await backoff.pause(signal).catch(() => undefined);
      }
    }
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { peers, offer, incarnation, clock } = this.#deps;
    // Only on the way to its first place: whoever takes that from us is no predecessor.
    const replaces = this.#held ? '' : (this.#deps.replaces ?? '');
    const backoff = new Backoff({ firstMs: 200, mostMs: 2_000 });
    for (;;) {
      signal.throwIfAborted();
      const sentAt = clock.monotonicMs();
      try {
        const timeoutMs = this.ttlMs / 3;
        const answer = await peers.call(
          async (client) => await client.Register({ offer, incarnation, replaces }, { timeoutMs, signal }),
        );
        this.#epoch = answer.epoch;
        this.drain(answer.drain);
        this.#held = true;
        this.#answered(sentAt, answer);
        this.#registered.open();
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (isDomainError(error, 'already_exists')) this.#placeIsTaken(sentAt);
        this.#explain(error);
        await backoff.pause(signal);
      }
    }
  }

  /**
   * For a process that never had the place, a sign of life of the BBS, one lease old. Either another process is this cell and
   * lives: then what was found here is not ours to stop. Or it is our own former self, whose lease had not ended when we asked:
   * then what it began is called lost no sooner than a whole grace after that. (Who had the place and lost it stops what it began.)
   */
  #placeIsTaken(askedAt: number): void {
    if (!this.#held) this.#sentAt = Math.max(this.#sentAt, askedAt - this.ttlMs);
  }

  #explain(error: unknown): void {
    const { log, clock, offer } = this.#deps;
    if (clock.monotonicMs() - this.#saidAt < SAY_AGAIN_MS) return;
    this.#saidAt = clock.monotonicMs();
    const fields = { cell: offer.cell_id, error: errorText(error) };
    // After a crash this is our own former self, and passes with its lease.
    if (isDomainError(error, 'already_exists')) log.warn(fields, 'cell.id-taken');
    else log.warn(fields, 'cell.register-failed');
  }

  /** Renews until the place is gone. */
  async #keep(epoch: string, signal: AbortSignal): Promise<void> {
    const { peers, offer, clock, log } = this.#deps;
    for (;;) {
      await rest(this.ttlMs / 3, signal);
      const backoff = new Backoff({ firstMs: this.ttlMs / 40, mostMs: this.ttlMs / 6 });
      for (;;) {
        const sentAt = clock.monotonicMs();
        try {
          const timeoutMs = this.ttlMs / 4;
          const answer = await peers.call(
            async (client) => await client.Renew({ cell_id: offer.cell_id, epoch }, { timeoutMs, signal }),
          );
          this.drain(answer.drain);
          this.#answered(sentAt, answer);
          break;
        } catch (error) {
          signal.throwIfAborted();
          if (isDomainError(error, 'not_found') || isDomainError(error, 'stale_attempt')) return;
          log.warn({ error: errorText(error) }, 'cell.renew-failed');
          await backoff.pause(signal);
        }
      }
    }
  }

  #age(): number {
    return this.#deps.clock.monotonicMs() - this.#sentAt;
  }

  #answered(sentAt: number, told: Told): void {
    const was = this.#fenced || this.#age() >= unsureAtMs(this.#terms);
    const ttlMs = durationMsFromWire(told.lease_ttl) ?? this.ttlMs;
    this.#terms = { ttlMs, lostAfterMs: durationMsFromWire(told.lost_after) ?? lostAfterUntold(ttlMs) };
    this.#sentAt = sentAt;
    this.#fenced = false;
    this.#deps.onVouched(this.#terms, this.#age());
    if (was) this.#deps.onChange();
    this.#arm('unsure');
  }

  /** Looks again when the next limit is reached: first unsure, then fenced. */
  #arm(next: 'unsure' | 'fenced'): void {
    clearTimeout(this.#timer);
    if (this.#stopped.signal.aborted) return;
    const { clock, log } = this.#deps;
    const asking = next === 'fenced' ? this.#askedFirstUntil - clock.monotonicMs() : 0;
    const atMs = next === 'unsure' ? unsureAtMs(this.#terms) : fencedAtMs(this.#terms);
    const leftMs = Math.max(asking, atMs - this.#age());
    if (leftMs > 0) {
      this.#timer = setTimeout(() => this.#arm(next), Math.min(Math.ceil(leftMs), LONGEST_TIMER_MS));
    } else if (next === 'unsure') {
      log.warn('cell.unsure');
      this.#deps.onChange();
      this.#arm('fenced');
    } else {
      this.#fenced = true;
      log.error('cell.fenced');
      this.#deps.onFenced(fencedGraceMs(this.#terms, this.#age()));
      this.#deps.onChange();
    }
  }
}
