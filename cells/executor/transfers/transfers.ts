import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../../../src/domain/errors.ts';
import type { DownloadRequest, LocalFile, Transfers } from '../actions/step.ts';
import { DownloadCache } from './cache.ts';
import { type Checksum, digestsOf, requireMatch, wantedChecksum } from './checksum.ts';
import { type Got, getTo, type HttpBounds, HttpError, postFile } from './http.ts';
import { Slots } from './slots.ts';

export interface TransferOptions {
  /** On the cell's disk; what an earlier process left half done there is removed. */
  readonly folder: string;
  readonly downloads: number;
  readonly uploads: number;
  /** Most bytes of one transfer. */
  readonly maxBytes: number;
  readonly cacheBytes: number;
  readonly log: Logger;
  /** For tests; Diego's own otherwise. */
  readonly idleMs?: number;
  readonly totalMs?: number;
  readonly pausesMs?: readonly number[];
}

const IDLE_MS = 10_000;
const TOTAL_MS = 600_000;
const PAUSES_MS = [500, 1_000, 2_000];
const JITTER_MS = 200;
const UPLOAD_TRIES = 3;

/** The transfers of all tasks of this cell. */
export class CellTransfers implements Transfers {
  readonly #options: TransferOptions;
  readonly #slots: { readonly download: Slots; readonly upload: Slots };
  readonly #cache: DownloadCache;
  readonly #bounds: HttpBounds;
  readonly #temporary: string;

  private constructor(options: TransferOptions) {
    this.#options = options;
    this.#slots = { download: new Slots(options.downloads), upload: new Slots(options.uploads) };
    this.#cache = new DownloadCache(join(options.folder, 'cache'), options.cacheBytes, options.log);
    this.#temporary = join(options.folder, 'temporary');
    const { idleMs = IDLE_MS, totalMs = TOTAL_MS, maxBytes } = options;
    this.#bounds = { idleMs, totalMs, maxBytes };
  }

  static async open(options: TransferOptions): Promise<CellTransfers> {
    const transfers = new CellTransfers(options);
    await rm(transfers.#temporary, { recursive: true, force: true });
    await mkdir(transfers.#temporary, { recursive: true, mode: 0o700 });
    await transfers.#cache.load();
    return transfers;
  }

  async slot(kind: 'download' | 'upload', signal: AbortSignal): Promise<() => void> {
    return await this.#slots[kind].take(signal);
  }

  /** A new file on the cell's disk; the caller fills it, and it goes with its release. */
  temporary(): { readonly path: string; release(): Promise<void> } {
    const path = join(this.#temporary, randomUUID());
    return { path, release: async () => await rm(path, { force: true }) };
  }

  async download(request: DownloadRequest, signal: AbortSignal): Promise<LocalFile> {
    const { url, cacheKey, checksumAlgorithm, checksumValue } = request;
    const wanted = wantedChecksum(checksumAlgorithm, checksumValue);
    if (!URL.canParse(url)) throw new HttpError('the URL cannot be parsed', 400);
    if (cacheKey === '') return await this.#fresh(url, wanted, signal);
    // What a checksum names is the same wherever it comes from. Without one, the key alone would mix up what two tasks call alike.
    const key = JSON.stringify(wanted === undefined ? ['url', cacheKey, url] : [wanted.algorithm, wanted.value]);
    return await this.#cache.alone(key, signal, async () => await this.#cached(key, url, wanted, signal));
  }

  async upload(file: LocalFile, url: string, signal: AbortSignal): Promise<void> {
    const { path, sizeBytes } = file;
    const { md5, sha256 } = await digestsOf(path, ['md5', 'sha256']);
    const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
    const headers = { 'content-md5': base64(md5), 'content-digest': `sha-256=:${base64(sha256)}:` };
    for (let tries = 1; ; tries += 1) {
      try {
        return await postFile(url, path, sizeBytes, headers, this.#bounds, signal);
      } catch (error) {
        this.#noteFailure('upload', tries, error, signal);
        if (tries >= UPLOAD_TRIES || !isPassing(error)) throw error;
      }
    }
  }

  async #cached(key: string, url: string, wanted: Checksum | undefined, signal: AbortSignal): Promise<LocalFile> {
    const note = await this.#cache.note(key);
    const kept = note === undefined ? undefined : await this.#cache.take(note.sha256);
    if (kept === undefined || note === undefined) return await this.#fetchAndKeep(key, url, wanted, signal);
    try {
      // Its content is what the checksum names: the key was made of it, and both were verified.
      if (wanted !== undefined) {
        requireMatch(wanted, (await digestsOf(kept.path, [wanted.algorithm]))[wanted.algorithm]);
        return kept;
      }
      const file = this.temporary();
      const headers = {
        ...(note.etag === '' ? {} : { 'if-none-match': note.etag }),
        ...(note.lastModified === '' ? {} : { 'if-modified-since': note.lastModified }),
      };
      const got = await this.#get(url, file.path, headers, signal);
      if (got.status === 304) return kept;
      await kept.release();
      return await this.#keep(key, file, got, wanted);
    } catch (error) {
      await kept.release();
      throw error;
    }
  }

  async #fetchAndKeep(key: string, url: string, wanted: Checksum | undefined, signal: AbortSignal): Promise<LocalFile> {
    const file = this.temporary();
    try {
      return await this.#keep(key, file, await this.#get(url, file.path, {}, signal), wanted);
    } catch (error) {
      await file.release();
      throw error;
    }
  }

  /** Into the cache where it may be asked for again; otherwise it is used once. */
  async #keep(
    key: string,
    file: { readonly path: string; release(): Promise<void> },
    { sizeBytes, etag, lastModified }: Got,
    wanted: Checksum | undefined,
  ): Promise<LocalFile> {
    const digests = await digestsOf(file.path, ['md5', 'sha1', 'sha256']);
    if (wanted !== undefined) requireMatch(wanted, digests[wanted.algorithm]);
    const again = wanted !== undefined || etag !== '' || lastModified !== '';
    const note = { sha256: digests.sha256, etag, lastModified };
    const kept = again ? await this.#cache.put(key, file.path, sizeBytes, note) : undefined;
    return kept ?? { ...file, sizeBytes, cached: false };
  }

  async #fresh(url: string, wanted: Checksum | undefined, signal: AbortSignal): Promise<LocalFile> {
    const file = this.temporary();
    try {
      const { sizeBytes } = await this.#get(url, file.path, {}, signal);
      if (wanted !== undefined) {
        requireMatch(wanted, (await digestsOf(file.path, [wanted.algorithm]))[wanted.algorithm]);
      }
      return { ...file, sizeBytes, cached: false };
    } catch (error) {
      await file.release();
      throw error;
    }
  }

  /** One answer, after as many tries as are worth it, all within the one time limit. */
  async #get(url: string, path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Got> {
    const endAt = performance.now() + this.#bounds.totalMs;
    const pauses = [...(this.#options.pausesMs ?? PAUSES_MS)];
    for (let tries = 1; ; tries += 1) {
      try {
        const totalMs = Math.max(endAt - performance.now(), 1);
        return await getTo(url, path, headers, { ...this.#bounds, totalMs }, signal);
      } catch (error) {
        this.#noteFailure('download', tries, error, signal);
        const pauseMs = pauses.shift();
        if (pauseMs === undefined || !isPassing(error) || performance.now() + pauseMs >= endAt) throw error;
        await sleep(pauseMs + Math.random() * JITTER_MS, undefined, { signal });
      }
    }
  }

  #noteFailure(what: string, tries: number, error: unknown, signal: AbortSignal): void {
    signal.throwIfAborted();
    this.#options.log.info({ tries, error: errorText(error) }, `${what}.try-failed`);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof HttpError && error.passing;
}
