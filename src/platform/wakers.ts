/** Those who wait for something to come, each with a bound of its own. */
export class Wakers {
  #waiting = new Set<() => void>();

  /** Something has come: everybody looks again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) wake();
  }

  /** @returns true when nothing came for `ms`; false after a wake, or when the signal aborted. */
  quiet(ms: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (quiet: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve(quiet);
      };
      const wake = () => done(false);
      const timer = setTimeout(() => done(true), ms);
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
