import { errorText } from '../domain/errors.ts';
import { InterruptedError } from './errors.ts';
import type { Hold } from './hold.ts';

type StopSignal = 'SIGINT' | 'SIGTERM';
const SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** What a context does to its task when it does not end well. */
export interface Bound {
  readonly cancel: (reason: string) => Promise<unknown>;
  readonly ended: (timeoutMs: number) => Promise<unknown>;
  readonly hold: Hold;
}

export interface SyncOptions {
  /** Who we are in the reason of the cancelled task. Default: user, host and process. */
  readonly holder?: string;
  /** How long to wait for the end of a cancelled task. Default 10 s. */
  readonly graceMs?: number;
  /** Aborted inside, it ends the context as an interrupt does; aborted before, nothing is held. */
  readonly signal?: AbortSignal;
}

const GRACE_MS = 10_000;
const RAISE_MS = 50;
/** Contexts within one another are interrupted together; the last one to end hands the signal on. */
const endings = new Set<Promise<void>>();

/**
 * A task's life tied to ours: SIGINT, SIGTERM, an exception, or a process that is gone (the lease on the server ends) cancel the
 * task. Leaving in good order leaves it alone.
 */
export class SyncContext implements AsyncDisposable {
  readonly #bound: Bound;
  readonly #graceMs: number;
  readonly #holder: string;
  readonly #listeners = new Map<StopSignal, () => void>();
  readonly #unbind: () => void;
  #left = false;
  readonly #interrupted: Promise<never>;
  #interrupt: (error: InterruptedError) => void = () => {};
  #ending: Promise<void> | undefined;

  constructor(bound: Bound, holder: string, { graceMs = GRACE_MS, signal }: SyncOptions) {
    this.#bound = bound;
    this.#holder = holder;
    this.#graceMs = graceMs;
    this.#interrupted = new Promise((_resolve, reject) => {
      this.#interrupt = reject;
    });
    // Whoever uses the `await using` form does not await it.
    this.#interrupted.catch(() => {});
    for (const name of SIGNALS) {
      const listener = () => void this.#stop(name);
      this.#listeners.set(name, listener);
      process.on(name, listener);
    }
    const onAbort = () => void this.#stop('AbortSignal');
    this.#unbind = () => signal?.removeEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  }

  /** Runs `work` inside. @throws InterruptedError after the task was cancelled for a signal; what `work` throws, after it was cancelled for that. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let answer: T;
    try {
      answer = await Promise.race([work(), this.#interrupted]);
      // The work may have seen the end of the cancelled task before we did.
      if (this.#ending !== undefined) await this.#interrupted;
    } catch (error) {
      if (!(error instanceof InterruptedError))
        await this.#cancel(`its client ${this.#holder} failed: ${errorText(error)}`);
      await this.#leave().catch(() => {});
      throw error;
    }
    await this.#leave();
    return answer;
  }

  /** Leaves in good order. After an interrupt: once that has been seen to. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ending === undefined) await this.#leave();
    else await this.#ending;
  }

  async #stop(signal: StopSignal | 'AbortSignal'): Promise<void> {
    if (this.#ending !== undefined) return;
    const ending = this.#cancel(`its client ${this.#holder} was interrupted (${signal})`)
      .then(async () => await this.#leave())
      .catch(() => {});
    this.#ending = ending;
    endings.add(ending);
    // All of them first (those that hear of it after us too): nobody is told of an interrupt while a task is still being ended for it.
    await Promise.resolve();
    await Promise.all(endings);
    endings.delete(ending);
    this.#interrupt(new InterruptedError(signal));
    // The interrupt is not swallowed: the process ends as it would have, after whoever awaits us had their turn.
    if (signal !== 'AbortSignal' && endings.size === 0 && process.listenerCount(signal) === 0) {
      setTimeout(() => process.kill(process.pid, signal), RAISE_MS);
    }
  }

  async #cancel(reason: string): Promise<void> {
    try {
      await this.#bound.cancel(reason);
      await this.#bound.ended(this.#graceMs);
    } catch {
      // The lease ends it when we cannot, so it is not given back.
      this.#bound.hold.abandon();
    }
  }

  async #leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#unbind();
    for (const [signal, listener] of this.#listeners) process.removeListener(signal, listener);
    await this.#bound.hold.release();
  }
}
