import type { Clock } from '../../src/platform/clock.ts';
import type { StopCause } from '../executor/ending.ts';
import { RateLimit } from '../executor/logs/rate-limit.ts';
import type { Spool } from '../executor/logs/spool.ts';
import type { ContainerOutput } from '../executor/runtime.ts';
import { type RunTerms, UNKNOWN_TERMS } from '../executor/terms.ts';
import type { LocalAttempt, Phase } from './plan.ts';
import type { Claim } from './wire.ts';

export interface StopOrder {
  readonly cause: StopCause;
  /** On the monotonic clock: from here on it is SIGKILL. */
  killAt: number;
  /** What the process was given between the two. */
  graceMs: number;
  signalled: boolean;
  killed: boolean;
}

/** One placement on this cell, from the claim until its container is gone. */
export class Attempt implements Claim {
  readonly guid: string;
  readonly attempt: string;
  readonly spool: Spool;
  /** Its share of the capacity has been booked, or will not be. */
  accounted = false;
  readonly #clock: Clock;
  readonly #givenUp = new AbortController();
  epoch: string;
  uid = '';
  container: string | undefined;
  /** Its container idles, and a tree of actions runs in it. */
  steps = false;
  output: Promise<void> | undefined;
  /** Of one that an earlier process of this cell began: its output is listened to again, or cannot be. */
  hearing: Promise<void> | undefined;
  stream: ContainerOutput | undefined;
  terms: RunTerms = UNKNOWN_TERMS;
  /** The engine's word on when it first ran; another one later means that somebody ran it again. */
  startedAt: bigint | undefined;
  /** Its container was made before the task was known. */
  prepared = false;
  /** When its process began in such a container, by our clock: the engine does not know. */
  begunAt: bigint | undefined;
  /** It ended while neither we nor this life of the engine were there. */
  unwatched = false;
  /** Its end was told by us, and taken. */
  reported = false;
  #phase: Phase;
  #since: number;
  #stop: StopOrder | undefined;
  #checkpoint = false;
  #wake: (() => void) | undefined;

  constructor(claim: Claim, epoch: string, phase: Phase, spool: Spool, clock: Clock) {
    this.guid = claim.guid;
    this.attempt = claim.attempt;
    this.epoch = epoch;
    this.spool = spool;
    this.#clock = clock;
    this.#phase = phase;
    this.#since = clock.monotonicMs();
  }

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    this.#since = this.#clock.monotonicMs();
  }

  get stop(): StopOrder | undefined {
    return this.#stop;
  }

  /** Aborts as soon as there is a stop order, or the cell goes: nothing that has not begun need begin. */
  get givenUp(): AbortSignal {
    return this.#givenUp.signal;
  }

  /** No step is to begin any more; the one that runs comes to its end. */
  stopAtCheckpoint(): void {
    this.#checkpoint = true;
  }

  get checkpoint(): boolean {
    return this.#checkpoint;
  }

  /** What its lines are called and how many there may be, once its terms are known. */
  describeOutput(logGuid: string, tags: Readonly<Record<string, string>>): void {
    const { source, logBytesPerSecond } = this.terms;
    this.spool.setSource(source);
    this.spool.describe({ log_guid: logGuid, metric_tags: tags });
    this.limitOutput(logBytesPerSecond);
  }

  limitOutput(bytesPerSecond: number | undefined): void {
    const now = (): number => this.#clock.monotonicMs();
    this.spool.limitRate(bytesPerSecond === undefined ? undefined : new RateLimit(bytesPerSecond, now));
  }

  view(): LocalAttempt {
    const ageMs = this.#clock.monotonicMs() - this.#since;
    return { guid: this.guid, attempt: this.attempt, phase: this.#phase, epoch: this.epoch, ageMs };
  }

  /** The first order names the cause; later ones can only make it sooner. */
  order(cause: StopCause, graceMs: number): void {
    const killAt = this.#clock.monotonicMs() + graceMs;
    if (this.#stop === undefined) this.#stop = { cause, killAt, graceMs, signalled: false, killed: false };
    else if (killAt < this.#stop.killAt) Object.assign(this.#stop, { killAt, graceMs });
    this.#givenUp.abort();
    this.#wake?.();
  }

  /** The cell goes. One signal per attempt: what `AbortSignal.any` hangs on a signal that lives on is never freed again (Node 20). */
  letGo(): void {
    this.#givenUp.abort();
    this.stream?.close();
  }

  /** Resolves with the next stop order. */
  async nextOrder(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
