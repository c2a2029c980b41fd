import { setTimeout as sleep } from 'node:timers/promises';

export interface Pauses {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Growing pauses with jitter, so that many cells do not come back in step. */
export class Backoff {
  readonly #pauses: Pauses;
  #next: number;

  constructor(pauses: Pauses) {
    this.#pauses = pauses;
    this.#next = pauses.firstMs;
  }

  reset(): void {
    this.#next = this.#pauses.firstMs;
  }

  /** @throws the signal's reason when it aborts. */
  async pause(signal: AbortSignal): Promise<void> {
    const ms = this.#next * (0.5 + Math.random());
    this.#next = Math.min(this.#next * 2, this.#pauses.mostMs);
    await rest(ms, signal);
  }
}

/** Sleeps. @throws the signal's reason when it aborts. */
export async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
