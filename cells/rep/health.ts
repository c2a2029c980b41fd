import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import { bounded } from '../../src/platform/group.ts';
import { formatSize } from '../../src/platform/size.ts';
import { probe } from '../executor/files.ts';
import type { ContainerRuntime, RuntimeInfo } from '../executor/runtime.ts';

const EVERY_MS = 10_000;
/** While it is not well: as soon as it is, there is work for it. */
const AGAIN_MS = 2_000;
const BOUND_MS = 8_000;
const FREE_LEAST_BYTES = 32 * 2 ** 20;
const INODES_LEAST = 1_000;

/** Whether the cell could run anything: an engine that answers and a disk that takes our records. */
export class Health {
  readonly #runtime: ContainerRuntime;
  readonly #stateDir: string;
  readonly #log: Logger;
  readonly #changed: () => void;
  #engine: RuntimeInfo;
  #trouble = '';
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(runtime: ContainerRuntime, engine: RuntimeInfo, stateDir: string, log: Logger, changed: () => void) {
    this.#runtime = runtime;
    this.#engine = engine;
    this.#stateDir = stateDir;
    this.#log = log;
    this.#changed = changed;
  }

  get engine(): RuntimeInfo {
    return this.#engine;
  }

  /** Why no work can be taken, for people; empty = all is well. */
  get trouble(): string {
    return this.#trouble;
  }

  start(everyMs = EVERY_MS): void {
    this.#timer = setTimeout(
      () => {
        void this.#look().finally(() => {
          if (!this.#stopped) this.start(everyMs);
        });
      },
      this.#trouble === '' ? everyMs : Math.min(everyMs, AGAIN_MS),
    );
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const trouble = await this.#ask();
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === '') this.#log.info('cell.healthy');
    else this.#log.warn({ trouble }, 'cell.unhealthy');
    this.#changed();
  }

  async #ask(): Promise<string> {
    try {
      this.#engine = await bounded(this.#runtime.info(), BOUND_MS, 'the container engine');
    } catch (error) {
      return `container engine: ${errorText(error)}`;
    }
    const { egress, egressReason } = this.#engine;
    if (egress === 'enforced' && egressReason !== '') return `egress rules: ${egressReason}`;
    try {
      await bounded(probe(this.#stateDir), BOUND_MS, 'writing to stateDir');
      const short = shortOf(await bounded(statfs(this.#stateDir), BOUND_MS, 'asking for the room in stateDir'));
      return short === '' ? '' : `stateDir: ${short}`;
    } catch (error) {
      return `stateDir: ${errorText(error)}`;
    }
  }
}

/** What a folder has too little of for the records and logs of another task, before the last byte of it is gone; empty = there is enough. */
export function shortOf({
  bavail,
  bsize,
  files,
  ffree,
}: Pick<StatsFs, 'bavail' | 'bsize' | 'files' | 'ffree'>): string {
  const free = bavail * bsize;
  if (free < FREE_LEAST_BYTES)
    return `no space: ${formatSize(free)} free of ${formatSize(FREE_LEAST_BYTES)} that a cell needs`;
  // Some file systems have no fixed number of them.
  return files > 0 && ffree < INODES_LEAST ? `no space: ${ffree} inodes free of ${INODES_LEAST} that a cell needs` : '';
}
