import { formatSeconds } from '../../src/domain/duration.ts';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { DISK_EXCEEDED } from '../executor/ending.ts';
import type { ContainerUsage } from '../executor/runtime.ts';
import type { Attempt } from './attempt.ts';
import type { RepContext } from './context.ts';
import { rest } from './retry.ts';

const EVERY_MS = 2_000;
const MIB = 2 ** 20;

const NOTHING: ContainerUsage = { cpuNanoseconds: undefined, peakMemoryBytes: undefined, diskBytes: undefined };

/** What a container uses while it runs, and the end of it when it writes more than it may where the engine cannot see to that. */
export class Gauge {
  readonly #rep: RepContext;
  readonly #attempt: Attempt;
  readonly #container: string;
  readonly #over = new AbortController();
  readonly #limitBytes: number;
  #last = NOTHING;

  constructor(rep: RepContext, attempt: Attempt, container: string) {
    this.#rep = rep;
    this.#attempt = attempt;
    this.#container = container;
    const { diskLimit, usageAfterExit } = rep.engine();
    const { diskMb } = attempt.terms.amounts;
    this.#limitBytes = diskMb > 0 && diskLimit === 'none' ? diskMb * MIB : Number.POSITIVE_INFINITY;
    if (this.#limitBytes < Number.POSITIVE_INFINITY || !usageAfterExit) {
      // It never rejects; stop() ends it.
      void this.#watch(!usageAfterExit);
    }
  }

  stop(): void {
    this.#over.abort();
  }

  /** The last look, when the work is over and the container still there. */
  async end(): Promise<void> {
    this.stop();
    await this.#look(true);
  }

  /** The ending with what was measured. Whoever wrote too much has failed, even if nobody looked in time. */
  added(ending: Ending): Ending {
    const { cpuNanoseconds, peakMemoryBytes = 0, diskBytes = 0 } = this.#last;
    const usage = {
      ...ending.usage,
      peak_memory_bytes: peakMemoryBytes,
      disk_bytes: diskBytes,
      ...(cpuNanoseconds === undefined ? {} : { cpu_time: formatSeconds(Number(cpuNanoseconds / 1_000_000n)) }),
    };
    const exceeded = ending.outcome === 'succeeded' && diskBytes > this.#limitBytes;
    return { ...ending, ...(exceeded ? DISK_EXCEEDED : {}), usage };
  }

  async #watch(wholly: boolean): Promise<void> {
    while (!this.#over.signal.aborted && !this.#rep.leaving.aborted) {
      await rest(EVERY_MS, this.#over.signal).catch(() => undefined);
      if (this.#over.signal.aborted || this.#rep.leaving.aborted) return;
      if (!(await this.#look(wholly))) return;
      if ((this.#last.diskBytes ?? 0) <= this.#limitBytes) continue;
      this.#rep.log.info({ guid: this.#attempt.guid, bytes: this.#last.diskBytes }, 'attempt.disk-exceeded');
      return this.#attempt.order('disk_exceeded', 0);
    }
  }

  /** @returns false when there is no use in looking again. What cannot be measured now stays as it was measured last. */
  async #look(wholly: boolean): Promise<boolean> {
    const { runtime, log } = this.#rep;
    try {
      if (!wholly) {
        this.#last = { ...this.#last, diskBytes: await runtime.diskUsage(this.#container) };
        return true;
      }
      const { cpuNanoseconds, peakMemoryBytes, diskBytes } = await runtime.usage(this.#container);
      this.#last = {
        cpuNanoseconds: cpuNanoseconds ?? this.#last.cpuNanoseconds,
        peakMemoryBytes: peakMemoryBytes ?? this.#last.peakMemoryBytes,
        diskBytes: diskBytes ?? this.#last.diskBytes,
      };
      return true;
    } catch (error) {
      log.debug({ guid: this.#attempt.guid, error: errorText(error) }, 'usage.unknown');
      return !isDomainError(error, 'unimplemented') && !isDomainError(error, 'not_found');
    }
  }
}
