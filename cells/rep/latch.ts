/** A door that many may wait at. Open: everybody goes through at once; closed: they wait until it opens or their signal aborts. */
export class Latch {
  readonly #waiting = new Set<() => void>();
  #open = false;

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    this.#open = true;
    for (const wake of this.#waiting) wake();
  }

  close(): void {
    this.#open = false;
  }

  /** @throws the signal's reason when it aborts first. */
  async passed(signal: AbortSignal): Promise<void> {
    while (!this.#open) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
    signal.throwIfAborted();
  }
}
