import type { ContainerRuntime } from '../executor/runtime.ts';
import type { CellEvent } from '../executor/timeline.ts';

/** As many as are over and may still be asked about. */
const MOST_ATTEMPTS = 500;

interface Known {
  readonly container: string;
  readonly image: string;
  readonly sinceMs: number;
}

/** Which container an attempt had: by it the runtime tells what was asked of the engine. In memory only; a cell that restarts forgets it. */
export class EngineCalls {
  readonly #runtime: Pick<ContainerRuntime, 'engineCalls'>;
  readonly #known = new Map<string, Known>();

  constructor(runtime: Pick<ContainerRuntime, 'engineCalls'>) {
    this.#runtime = runtime;
  }

  begin(attempt: string, image: string, sinceMs: number): void {
    this.#known.set(attempt, { container: '', image, sinceMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_ATTEMPTS && oldest !== undefined) this.#known.delete(oldest);
  }

  /** By its name before the engine has answered, then by its id. */
  made(attempt: string, container: string): void {
    const known = this.#known.get(attempt);
    if (known !== undefined) this.#known.set(attempt, { ...known, container });
  }

  /** Those that are over, oldest first. */
  async of(attempt: string): Promise<readonly CellEvent[]> {
    const known = this.#known.get(attempt);
    if (known === undefined) return [];
    const calls = await this.#runtime.engineCalls(known.container, known.image, known.sinceMs);
    return calls.map(({ at, method, path, status, ms, body, answer }) => {
      const took = `${status === 0 ? 'no answer' : status} in ${ms} ms`;
      const told = { method, path, status: String(status), ms: String(ms), body, answer };
      return {
        time: at,
        component: 'engine',
        kind: 'call',
        text: `${method} ${path}: ${took}`,
        cause: '',
        data: Object.fromEntries(Object.entries(told).filter(([, value]) => value !== '')),
      };
    });
  }
}
