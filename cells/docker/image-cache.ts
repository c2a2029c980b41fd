import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ContainerInfo, ImageInspectInfo } from 'dockerode';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { ImageInfo, ImageSource, ImageSweep } from '../executor/runtime.ts';
import type { Engine } from './engine.ts';
import { isEngineError } from './errors.ts';

export interface ImageCacheDeps {
  readonly engine: Engine;
  readonly log: Logger;
  readonly deadlineMs: number;
  readonly removeDeadlineMs: number;
  readonly inspect: (name: string) => Promise<ImageInspectInfo | undefined>;
  /** Where it is kept which images this cell pulled; without it, only what this process pulled is known. */
  readonly file: string | undefined;
  /** How long an image that somebody asked for is kept in any case: a container of it may be about to be made. */
  readonly holdMs: number;
}

interface Pulled {
  readonly id: string;
  readonly usedAt: number;
  /** It was pulled without a login: whoever knows its name may have it. */
  readonly open: boolean;
}

/** The images this cell pulled, by the reference they were pulled by, with their last use. Others are none of its business. */
export class ImageCache {
  readonly #deps: ImageCacheDeps;
  readonly #preloaded = new Set<string>();
  #pulled: Map<string, Pulled> | undefined;

  constructor(deps: ImageCacheDeps) {
    this.#deps = deps;
  }

  async used(source: ImageSource, image: ImageInfo): Promise<void> {
    if (source.kind === 'preloaded') {
      this.#preloaded.add(image.id);
      return;
    }
    const pulled = await this.#load();
    // One that was there before the cell first asked for it is not the cell's to remove.
    const before = pulled.get(source.reference);
    if (!image.pulled && before === undefined) return;
    const open = image.pulled ? source.username === undefined : before?.id === image.id && before.open;
    pulled.set(source.reference, { id: image.id, usedAt: Date.now(), open });
    if (image.pulled) await this.#save(pulled);
  }

  /** Whether the cell itself pulled this image under this name without a login. */
  async isOpen(reference: string, id: string): Promise<boolean> {
    const pulled = (await this.#load()).get(reference);
    return pulled?.id === id && pulled.open;
  }

  async sweep(budgetBytes: number, keep: readonly string[]): Promise<ImageSweep> {
    const pulled = await this.#load();
    const sizes = new Map<string, number>();
    for (const [reference, { id }] of pulled) {
      const info = await this.#deps.inspect(reference);
      // Somebody else removed it, or gave its name to another image.
      if (info?.Id === id) sizes.set(reference, info.Size);
      else pulled.delete(reference);
    }
    const total = (): number => [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const removed: string[] = [];
    let freedBytes = 0;
    if (total() > budgetBytes) {
      const busy = await this.#busy(keep);
      const oldest = [...pulled].toSorted(([, left], [, right]) => left.usedAt - right.usedAt);
      for (const [reference, { id }] of oldest) {
        if (total() <= budgetBytes) break;
        // Looked at anew, for somebody may have asked for it since.
        if (busy.has(id) || (pulled.get(reference)?.usedAt ?? 0) > Date.now() - this.#deps.holdMs) continue;
        if (!(await this.#remove(reference))) continue;
        removed.push(reference);
        freedBytes += sizes.get(reference) ?? 0;
        sizes.delete(reference);
        pulled.delete(reference);
      }
    }
    await this.#save(pulled);
    return { removed, freedBytes, keptBytes: total() };
  }

  /** Ids of images that containers of anybody are made of, and of those that are preloaded. */
  async #busy(keep: readonly string[]): Promise<Set<string>> {
    const { engine, deadlineMs } = this.#deps;
    const what = 'list containers';
    const list = await engine.json({ what, method: 'GET', path: '/containers/json', query: { all: '1' }, deadlineMs });
    const busy = new Set([...(list as ContainerInfo[]).map(({ ImageID: id }) => id), ...this.#preloaded]);
    for (const name of keep) {
      const info = await this.#deps.inspect(name);
      if (info !== undefined) busy.add(info.Id);
    }
    return busy;
  }

  /** Takes the name away, and the image with it unless it has another one. False when the engine does not let go of it. */
  async #remove(reference: string): Promise<boolean> {
    try {
      await this.#deps.engine.json({
        what: `remove image ${reference}`,
        method: 'DELETE',
        path: `/images/${reference.split('/').map(encodeURIComponent).join('/')}`,
        deadlineMs: this.#deps.removeDeadlineMs,
      });
      return true;
    } catch (error) {
      if (isEngineError(error, 404)) return true;
      this.#deps.log.warn({ image: reference, error: errorText(error) }, 'image.not-removed');
      return false;
    }
  }

  async #load(): Promise<Map<string, Pulled>> {
    if (this.#pulled !== undefined) return this.#pulled;
    const text = this.#deps.file === undefined ? '' : await readFile(this.#deps.file, 'utf8').catch(() => '');
    return (this.#pulled ??= parse(text));
  }

  /** Lost with a power cut, at worst an image stays for good; so without fsync. */
  async #save(pulled: ReadonlyMap<string, Pulled>): Promise<void> {
    const { file, log } = this.#deps;
    if (file === undefined) return;
    try {
      await writeFile(`${file}.new`, JSON.stringify(Object.fromEntries(pulled)), { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch (error) {
      log.warn({ file, error: errorText(error) }, 'image.index-unwritable');
    }
  }
}

function parse(text: string): Map<string, Pulled> {
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, Partial<Pulled>>);
    return new Map(
      entries.flatMap(([reference, { id, usedAt, open }]) =>
        typeof id === 'string' && typeof usedAt === 'number'
          ? [[reference, { id, usedAt, open: open === true }] as const]
          : [],
      ),
    );
  } catch {
    return new Map();
  }
}
