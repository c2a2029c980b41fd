/** What a rate limit says about one line. */
export type Verdict =
  | { readonly kind: 'pass' }
  /** `first`: the line that broke the limit, of which people are told. */
  | { readonly kind: 'drop'; readonly first: boolean };

const MUTED_MS = 1_000;
const PASS: Verdict = { kind: 'pass' };
const DROP: Verdict = { kind: 'drop', first: false };

/**
 * Diego's: a bucket that fills with so many bytes a second and holds one second's worth, for both streams of a task together. What
 * it does not hold is dropped, and so is everything else for the next second. Other than in Diego a line that is larger than the
 * bucket passes when the bucket is full (and empties it below zero), or it never would.
 */
export class RateLimit {
  readonly bytesPerSecond: number;
  readonly #nowMs: () => number;
  #tokens: number;
  #at: number;
  #mutedUntil = Number.NEGATIVE_INFINITY;

  /** @param bytesPerSecond 0 = nothing passes, and nobody is told. */
  constructor(bytesPerSecond: number, nowMs: () => number) {
    this.bytesPerSecond = bytesPerSecond;
    this.#nowMs = nowMs;
    this.#tokens = bytesPerSecond;
    this.#at = nowMs();
  }

  judge(bytes: number): Verdict {
    if (this.bytesPerSecond === 0) return DROP;
    const now = this.#nowMs();
    const filled = this.#tokens + ((now - this.#at) / 1_000) * this.bytesPerSecond;
    this.#tokens = Math.min(filled, this.bytesPerSecond);
    this.#at = now;
    if (now < this.#mutedUntil) return DROP;
    if (bytes <= this.#tokens || this.#tokens >= this.bytesPerSecond) {
      this.#tokens -= bytes;
      return PASS;
    }
    this.#mutedUntil = now + MUTED_MS;
    return { kind: 'drop', first: true };
  }
}
