import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { MountConfig } from 'dockerode';
import { pack } from 'tar-stream';
import { DomainError } from '../../src/domain/errors.ts';
import type { Engine } from './engine.ts';
import { isEngineError } from './errors.ts';
import { HELPER_ARM64, HELPER_X64 } from './helper-binaries.ts';
import { removeContainer } from './removal.ts';

/** Where a container that idles finds our helper (helper/helper.c), the only thing of ours in it. */
export const HELPER_FOLDER = '/.gavel';
export const HELPER = `${HELPER_FOLDER}/helper`;

const HELPER_LABEL = 'gavel.helper';

/**
 * The helper lies in a volume of the engine, mounted read-only: that costs a container nothing, where copying it into each one
 * costs 80 ms, and the user's processes cannot change it. The volume is named by its content, shared by all cells of the engine,
 * filled once by each cell that starts, and left behind when the last cell goes.
 */
export class HelperVolume {
  readonly #engine: Engine;
  readonly #cellId: string;
  readonly #deadlineMs: number;
  readonly #architecture: string;
  #filled: Promise<string> | undefined;

  constructor(engine: Engine, options: { cellId: string; architecture: string; deadlineMs: number }) {
    this.#engine = engine;
    this.#cellId = options.cellId;
    this.#architecture = options.architecture;
    this.#deadlineMs = options.deadlineMs;
  }

  /**
   * The volume's name, once it is filled. Any image will do for filling it, for nothing of it runs.
   * @throws DomainError `unimplemented` for a machine that we have no helper for.
   */
  async ready(image: string): Promise<string> {
    const known = this.#filled;
    // Somebody may have pruned it; then the engine would mount an empty one.
    if (known !== undefined && (await this.#isThere(await known))) return await known;
    if (this.#filled === known) this.#filled = this.#fill(image);
    const filling = this.#filled;
    try {
      return await (filling ?? this.#fill(image));
    } catch (error) {
      if (this.#filled === filling) this.#filled = undefined;
      throw error;
    }
  }

  async #isThere(volume: string): Promise<boolean> {
    const what = 'look for the volume of the helper';
    try {
      await this.#engine.json({ what, method: 'GET', path: `/volumes/${volume}`, deadlineMs: this.#deadlineMs });
      return true;
    } catch (error) {
      if (isEngineError(error, 404)) return false;
      throw error;
    }
  }

  async #fill(image: string): Promise<string> {
    const binary = helperFor(this.#architecture);
    const volume = `gavel-helper-${createHash('sha256').update(binary).digest('hex').slice(0, 12)}`;
    await this.#removeLeftOvers();
    const what = 'prepare the volume of the helper';
    const answer = await this.#engine.json({
      what,
      method: 'POST',
      path: '/containers/create',
      query: { name: `gavel-helper-${randomUUID()}` },
      body: {
        Image: image,
        // Never started.
        Entrypoint: [HELPER],
        Labels: { [HELPER_LABEL]: this.#cellId },
        HostConfig: { NetworkMode: 'none', Mounts: [helperMount(volume, false)] },
      },
      deadlineMs: this.#deadlineMs,
    });
    const { Id: id } = answer as { Id: string };
    try {
      const tar = pack();
      tar.entry({ name: 'helper', mode: 0o555 }, binary);
      tar.finalize();
      await this.#engine.json({
        what,
        method: 'PUT',
        path: `/containers/${id}/archive`,
        query: { path: HELPER_FOLDER },
        tar: Readable.from(tar, { objectMode: false }),
        deadlineMs: this.#deadlineMs,
      });
    } finally {
      await removeContainer(this.#engine, id, this.#deadlineMs);
    }
    return volume;
  }

  /** Of a cell of the same id that died in the middle. */
  async #removeLeftOvers(): Promise<void> {
    const list = await this.#engine.json({
      what: 'list containers',
      method: 'GET',
      path: '/containers/json',
      query: { all: '1', filters: JSON.stringify({ label: [`${HELPER_LABEL}=${this.#cellId}`] }) },
      deadlineMs: this.#deadlineMs,
    });
    for (const { Id: id } of list as { Id: string }[]) await removeContainer(this.#engine, id, this.#deadlineMs);
  }
}

export function helperMount(volume: string, readOnly: boolean): MountConfig[number] {
  return {
    Type: 'volume',
    Source: volume,
    Target: HELPER_FOLDER,
    ReadOnly: readOnly,
    // What an image may have at that place is not copied into the volume.
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } },
  };
}

/** The engine tells `x86_64` and `aarch64`, some of them Go's names. */
function helperFor(architecture: string): Buffer {
  if (['x86_64', 'amd64'].includes(architecture)) return Buffer.from(HELPER_X64, 'base64');
  if (['aarch64', 'arm64'].includes(architecture)) return Buffer.from(HELPER_ARM64, 'base64');
  throw new DomainError('unimplemented', `a task of several actions cannot run on a cell of the kind ${architecture}`);
}
