import type { LeaseId } from '../store.ts';

/** A clock that only goes forward, in milliseconds. */
export interface MonotonicClock {
  now(): number;
}

/** Longest sleep of the timer, so that a clock that is not the timers' own (in tests) is looked at too. */
const LONGEST_SLEEP_MS = 1_000;
/** Shortest, so that a lease whose end cannot be written does not spin. */
const SHORTEST_SLEEP_MS = 50;

/** Deadlines of the leases of this process. What a lease's end does to its keys is the store's part. */
export class Leases {
  readonly #clock: MonotonicClock;
  readonly #onExpired: (lease: LeaseId) => Promise<void>;
  readonly #leases = new Map<LeaseId, { ttlMs: number; deadline: number }>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onExpired ends the lease in the store, then calls `drop`; must not reject. */
  constructor(clock: MonotonicClock, onExpired: (lease: LeaseId) => Promise<void>) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  add(lease: LeaseId, ttlMs: number): void {
    this.#leases.set(lease, { ttlMs, deadline: this.#clock.now() + ttlMs });
    this.#arm();
  }

  renew(lease: LeaseId): boolean {
    const held = this.#leases.get(lease);
    if (!held) return false;
    held.deadline = this.#clock.now() + held.ttlMs;
    return true;
  }

  drop(lease: LeaseId): void {
    this.#leases.delete(lease);
  }

  /** Asked once more inside the commit that would end it: a renewal may have come in between. */
  isExpired(lease: LeaseId): boolean {
    const held = this.#leases.get(lease);
    return held === undefined || held.deadline <= this.#clock.now();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#leases.clear();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.#leases.size === 0) return;
    const next = Math.min(...[...this.#leases.values()].map((held) => held.deadline));
    const sleep = Math.min(Math.max(next - this.#clock.now(), SHORTEST_SLEEP_MS), LONGEST_SLEEP_MS);
    this.#timer = setTimeout(() => this.#sweep(), sleep).unref();
  }

  #sweep(): void {
    const expired = [...this.#leases.keys()].filter((lease) => this.isExpired(lease));
    // A lease whose end could not be written is still here, and comes again with the next sweep.
    void Promise.all(expired.map((lease) => this.#onExpired(lease))).then(() => this.#arm());
  }
}
