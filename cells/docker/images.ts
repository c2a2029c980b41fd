import type { ImageInspectInfo } from 'dockerode';
import { DomainError } from '../../src/domain/errors.ts';
import type { ImageInfo, ImageSource, PullProgress } from '../executor/runtime.ts';
import { Admissions, loginKey } from './admissions.ts';
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

export interface ImagesOptions {
  readonly deadlineMs: number;
  readonly pullDeadlineMs: number;
  /** Whether an image that is here was pulled under this name without a login. */
  readonly isOpen: (reference: string, id: string) => Promise<boolean>;
}

export class Images {
  readonly #engine: Engine;
  readonly #deadlineMs: number;
  readonly #pullDeadlineMs: number;
  readonly #isOpen: ImagesOptions['isOpen'];
  readonly #admissions: Admissions;
  readonly #flights = new Map<string, Flight>();

  constructor(engine: Engine, options: ImagesOptions) {
    this.#engine = engine;
    this.#isOpen = options.isOpen;
    this.#admissions = new Admissions(engine, options.deadlineMs);
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
    const key = loginKey(image);
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
    if (present !== undefined) {
      await this.#admit(image, present, signal);
      return toInfo(present, reference, false);
    }
    await pullImage(this.#engine, image, this.#pullDeadlineMs, signal, onProgress);
    this.#admissions.remember(image);
    const pulled = await this.inspect(reference, signal);
    if (pulled === undefined) {
      throw new DomainError('unavailable', `cannot pull ${reference}: the pull ended without the image`);
    }
    return toInfo(pulled, reference, true);
  }

  /** What one task's login brought here is not for every task: the registry says who may have it. @throws DomainError as a pull. */
  async #admit(image: RegistryImage, info: ImageInspectInfo, signal: AbortSignal): Promise<void> {
    if (digestsOf(info, image.reference).length === 0) return;
    if (await this.#isOpen(image.reference, info.Id)) return;
    await this.#admissions.ask(image, signal);
  }
}

/** Under which digests the registry knows an image by this name; none when it never came from there, or went there. */
export function digestsOf({ RepoDigests: all }: Pick<ImageInspectInfo, 'RepoDigests'>, name: string): string[] {
  const repository = familiar(name);
  return (all ?? []).filter((digest) => familiar(digest) === repository);
}

/** The repository as the engine tells it: Docker's own registry goes without saying. */
function familiar(name: string): string {
  // Without tag and digest; a colon before the last slash belongs to the registry's port.
  const repository = name.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  const own = /^(?:index\.)?docker\.io\/(.+)$/.exec(repository)?.[1] ?? repository;
  return own.replace(/^library\//, '');
}

function toInfo(info: ImageInspectInfo, name: string, pulled: boolean): ImageInfo {
  const own = digestsOf(info, name)[0] ?? info.RepoDigests?.[0];
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
