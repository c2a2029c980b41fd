import type { Logger } from 'pino';
import type { Clock } from '../src/platform/clock.ts';
import type { View } from './view.ts';

/** When many cells go at once it is rather the network, or the way to the store, than the cells. */
export interface MassLossPolicy {
  /** Fewer than so many are never held; 0 = never hold at all. */
  readonly cells: number;
  /** More than this share of all cells. */
  readonly share: number;
  /** How long what runs on them is spared at most, in milliseconds. */
  readonly holdMs: number;
}

export interface MassLossDeps {
  readonly view: View;
  readonly clock: Clock;
  readonly policy: MassLossPolicy;
  /** Cells that go within this time go at once: until then none of their tasks is failed yet. */
  readonly windowMs: number;
  readonly log: Logger;
}

/**
 * The circuit breaker between "cells are gone" and "their tasks are lost" (reliability 4.5): while most cells are away together,
 * what runs on them is not failed, for a bounded time. Claims go back all the same, since what never started can run elsewhere.
 */
export class MassLoss {
  readonly #deps: MassLossDeps;
  readonly #held = new Set<string>();
  /** Of the monotonic clock, as all times here: to set the other one ends no grace. */
  #untilMs = 0;
  /** Cells that went before this have been held already. */
  #servedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: MassLossDeps) {
    this.#deps = deps;
    deps.view.absent.listen((id, gone) => {
      if (gone) this.#look();
      else this.#back(id);
    });
    this.#look();
  }

  /** How many cells are held now. */
  get size(): number {
    this.#expire();
    return this.#held.size;
  }

  /** How long yet, in milliseconds, the running tasks of this cell are spared; undefined = they are not. */
  heldMs(id: string): number | undefined {
    this.#expire();
    return this.#held.has(id) ? this.#untilMs - this.#deps.clock.monotonicMs() : undefined;
  }

  #look(): void {
    const { view, clock, policy, windowMs, log } = this.#deps;
    this.#expire();
    const now = clock.monotonicMs();
    const recent = view.absent.within(windowMs).filter(({ sinceMs }) => sinceMs >= this.#servedMs);
    const total = [...view.cells()].length + recent.length;
    const tripped = this.#held.size > 0;
    const many = policy.cells > 0 && recent.length >= policy.cells && recent.length > policy.share * total;
    if (!tripped && !many) return;
    if (!tripped) this.#untilMs = now + policy.holdMs;
    for (const { id } of recent) this.#held.add(id);
    if (tripped) return;
    const until = new Date(clock.nowMs() + policy.holdMs).toISOString();
    const cells = [...this.#held];
    log.error({ cells, of: total, until }, 'cells.mass-loss');
  }

  #back(id: string): void {
    if (this.#held.delete(id) && this.#held.size === 0) {
      this.#servedMs = this.#deps.clock.monotonicMs();
      this.#deps.log.warn({}, 'cells.mass-loss-over');
    }
  }

  #expire(): void {
    const { clock, log } = this.#deps;
    if (this.#held.size === 0 || clock.monotonicMs() < this.#untilMs) return;
    const cells = [...this.#held];
    this.#held.clear();
    this.#servedMs = clock.monotonicMs() + 1;
    log.error({ cells }, 'cells.mass-loss-given-up');
  }
}
