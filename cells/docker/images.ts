import { createHash } from 'node:crypto';
import type { ImageInspectInfo } from 'dockerode';
import { DomainError } from '../../src/domain/errors.ts';
import type { ImageInfo, ImageSource, PullProgress } from '../executor/runtime.ts';
import { cancelled, type Engine } from './engine.ts';
import { isEngineError } from './errors.ts';
import { pullImage, type RegistryImage } from './pull.ts';

type OnProgress = (progress: PullProgress) => void;

/** One pull under way and everybody who waits for it. */
interface Flight {
  readonly result: Promise<ImageInfo>;
  readonly listeners: Set<OnProgress>;
  readonly controller: AbortController;
  waiting: number;
}

export class Images {
  readonly #engine: Engine;
  readonly #deadlineMs: number;
  readonly #pullDeadlineMs: number;
  readonly #flights = new Map<string, Flight>();

  constructor(engine: Engine, options: { deadlineMs: number; pullDeadlineMs: number }) {
    this.#engine = engine;
    this.#deadlineMs = options.deadlineMs;
    this.#pullDeadlineMs = options.pullDeadlineMs;
  }

  async ensure(image: ImageSource, signal: AbortSignal, onProgress?: OnProgress): Promise<ImageInfo> {
    if (image.kind === 'preloaded') {
      const info = await this.inspect(image.image, signal);
      if (info === undefined) throw new DomainError('not_found', `the image ${image.image} is not on this cell`);
      return toInfo(info, image.image, false);
    }
    return await this.#join(image, signal, onProgress);
  }

  /** The engine's record of a local image, undefined when there is none of that name. */
  async inspect(name: string, signal?: AbortSignal): Promise<ImageInspectInfo | undefined> {
    try {
      const info = await this.#engine.json({
        what: `inspect image ${name}`,
        method: 'GET',
        // A name's slashes are part of the path here; everything else is quoted.
        path: `/images/${name.split('/').map(encodeURIComponent).join('/')}/json`,
        deadlineMs: this.#deadlineMs,
        ...(signal === undefined ? {} : { signal }),
      });
      return info as ImageInspectInfo;
    } catch (error) {
      if (isEngineError(error, 404)) return undefined;
      throw error;
    }
  }

  /** The pull ends early only when the last one who waits for it has gone. */
  async #join(image: RegistryImage, signal: AbortSignal, onProgress: OnProgress | undefined): Promise<ImageInfo> {
    if (signal.aborted) throw cancelled(`pull ${image.reference}`);
    const key = flightKey(image);
    let flight = this.#flights.get(key);
    if (flight === undefined || flight.controller.signal.aborted) {
      flight = this.#begin(image, key);
    }
    const joined = flight;
    joined.waiting += 1;
    if (onProgress !== undefined) joined.listeners.add(onProgress);
    let onAbort = (): void => undefined;
    try {
      return await new Promise<ImageInfo>((resolve, reject) => {
        onAbort = (): void => reject(cancelled(`pull ${image.reference}`));
        signal.addEventListener('abort', onAbort, { once: true });
        joined.result.then(resolve, reject);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (onProgress !== undefined) joined.listeners.delete(onProgress);
      joined.waiting -= 1;
      if (joined.waiting === 0) joined.controller.abort();
    }
  }

  #begin(image: RegistryImage, key: string): Flight {
    const controller = new AbortController();
    const listeners = new Set<OnProgress>();
    const result = this.#pullIfAbsent(image, controller.signal, (progress) => {
      for (const listener of listeners) listener(progress);
    }).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    // Everybody may have left before it fails.
    result.catch(() => undefined);
    const flight: Flight = { result, listeners, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  async #pullIfAbsent(image: RegistryImage, signal: AbortSignal, onProgress: OnProgress): Promise<ImageInfo> {
    const { reference } = image;
    const present = await this.inspect(reference, signal);
    if (present !== undefined) return toInfo(present, reference, false);
    await pullImage(this.#engine, image, this.#pullDeadlineMs, signal, onProgress);
    const pulled = await this.inspect(reference, signal);
    if (pulled === undefined) {
      throw new DomainError('unavailable', `cannot pull ${reference}: the pull ended without the image`);
    }
    return toInfo(pulled, reference, true);
  }
}

/** Another's credentials are another pull. Hashed, so that no password lies about as a key. */
function flightKey(image: RegistryImage): string {
  const parts = JSON.stringify([image.reference, image.username ?? null, image.password ?? null]);
  return createHash('sha256').update(parts).digest('base64');
}

function toInfo(info: ImageInspectInfo, name: string, pulled: boolean): ImageInfo {
  // The name without tag and digest; a colon before the last slash belongs to the registry's port.
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const digests = info.RepoDigests ?? [];
  const own = digests.find((digest) => digest.startsWith(`${repository}@`)) ?? digests[0];
  // An image without configuration (an imported tar) has none of these.
  const config = info.Config as Partial<ImageInspectInfo['Config']> | undefined;
  return {
    id: info.Id,
    digest: own?.split('@')[1] ?? info.Id,
    pulled,
    env: config?.Env ?? [],
    user: config?.User ?? '',
    workingDir: config?.WorkingDir ?? '',
  };
}
