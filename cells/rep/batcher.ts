import { DomainError, isDomainError } from '../../src/domain/errors.ts';

interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (answer: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets calls that wait together travel together. The first goes at once (with all of the same turn); what comes while it is under way makes
 * up the next batch. So a single task pays nothing for it, and a hundred cost two round trips.
 */
export class Batcher<I, O> {
  readonly #send: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #most: number;
  #waiting: Waiting<I, O>[] = [];
  #busy = false;

  constructor(send: (items: readonly I[]) => Promise<readonly O[]>, most = 100) {
    this.#send = send;
    this.#most = most;
  }

  async call(item: I): Promise<O> {
    return await new Promise<O>((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      queueMicrotask(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#deliver(this.#waiting.splice(0, this.#most));
    this.#busy = false;
  }

  async #deliver(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const answers = await this.#send(batch.map(({ item }) => item));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new DomainError('internal', 'an item of a batch was not answered'));
        else resolve(answer);
      }
    } catch (error) {
      const refused = isDomainError(error) && !error.retryable && error.code !== 'internal';
      if (refused && batch.length > 1) {
        // One bad item must not hold up the others for ever.
        for (const one of batch) await this.#deliver([one]);
      } else for (const { reject } of batch) reject(error);
    }
  }
}
