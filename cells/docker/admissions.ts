import { createHash } from 'node:crypto';
import type { Engine } from './engine.ts';
import { isEngineError, pullError } from './errors.ts';
import { loginOf, type RegistryImage } from './pull.ts';

/** How long a registry's yes holds: a task's start need not wait for it, and a login that is taken away ends. */
const HOLDS_MS = 3_600_000;

/** What a registry lets each login have, of images that are here already. */
export class Admissions {
  readonly #engine: Engine;
  readonly #deadlineMs: number;
  /** By login and image, until when. */
  readonly #granted = new Map<string, number>();

  constructor(engine: Engine, deadlineMs: number) {
    this.#engine = engine;
    this.#deadlineMs = deadlineMs;
  }

  /** The registry has just let this login have it. */
  remember(image: RegistryImage): void {
    const now = performance.now();
    for (const [key, until] of this.#granted) {
      // The oldest come first.
      if (until > now) break;
      this.#granted.delete(key);
    }
    const key = loginKey(image);
    this.#granted.delete(key);
    this.#granted.set(key, now + HOLDS_MS);
  }

  /** Asks the registry for the manifest only. @throws DomainError `not_found` when it refuses, `unavailable` when it may not later. */
  async ask(image: RegistryImage, signal: AbortSignal): Promise<void> {
    if ((this.#granted.get(loginKey(image)) ?? 0) > performance.now()) return;
    const { reference } = image;
    try {
      await this.#engine.json({
        what: `ask the registry for ${reference}`,
        method: 'GET',
        path: `/distribution/${reference.split('/').map(encodeURIComponent).join('/')}/json`,
        ...loginOf(image),
        deadlineMs: this.#deadlineMs,
        signal,
      });
    } catch (error) {
      if (isEngineError(error)) throw pullError(reference, error.status, error.words);
      throw error;
    }
    this.remember(image);
  }
}

/** Another's login is another. Hashed, so that no password lies about as a key. */
export function loginKey({ reference, username, password }: RegistryImage): string {
  const parts = JSON.stringify([reference, username ?? null, password ?? null]);
  return createHash('sha256').update(parts).digest('base64');
}
