import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { type Connection, throwIfGivenUp } from './connection.ts';

const RENEW_MS = 5_000;

/** Who we are to those who read why a task was cancelled: `ann@build-7 (pid 4711)`. */
export function holderName(): string {
  let user = 'somebody';
  try {
    user = userInfo().username;
  } catch {
    // A process under a number without a name has none.
  }
  return `${user}@${hostname()} (pid ${process.pid})`;
}

/**
 * A lease on the server that ties tasks to this process: when it is not renewed for 15 s, the server cancels them. It works where no
 * signal arrives: a worker, a machine that lost its power, a cable that was pulled.
 */
export class Hold {
  readonly #connection: Connection;
  readonly #id = randomBytes(16).toString('hex');
  readonly #guids: readonly string[];
  readonly #holder: string;
  #timer: NodeJS.Timeout | undefined;
  #abandoned = false;
  #renewing: Promise<unknown> = Promise.resolve();

  private constructor(connection: Connection, guids: readonly string[], holder: string) {
    this.#connection = connection;
    this.#guids = guids;
    this.#holder = holder;
  }

  /** @throws TaskError when the server cannot be told: then nothing is held. */
  static async begin(
    connection: Connection,
    guids: readonly string[],
    holder: string,
    signal?: AbortSignal,
  ): Promise<Hold> {
    const hold = new Hold(connection, guids, holder);
    throwIfGivenUp(signal);
    try {
      // Not under the signal: a call that is given up may still arrive, and begin what nobody renews.
      await hold.#tell(false);
      throwIfGivenUp(signal);
    } catch (error) {
      void hold.#tell(true).catch(() => {});
      throw error;
    }
    connection.closing.addEventListener('abort', () => hold.abandon(), { once: true });
    hold.#timer = setInterval(() => {
      // A renewal that fails is tried again at the next turn; if none arrives, the server does what it was asked to.
      hold.#renewing = hold.#tell(false).catch(() => {});
    }, RENEW_MS).unref();
    return hold;
  }

  /** Lets go: the tasks stay as they are. A server that cannot be told would cancel them, so the failure is the caller's to hear. */
  async release(): Promise<void> {
    if (this.#abandoned) return;
    clearInterval(this.#timer);
    // One that is under way must not arrive behind the release, and begin a hold that nobody renews.
    await this.#renewing;
    await this.#tell(true);
  }

  /** Says nothing any more: the server ends the tasks when the lease is over. */
  abandon(): void {
    this.#abandoned = true;
    clearInterval(this.#timer);
  }

  async #tell(release: boolean): Promise<void> {
    const request = { hold_id: this.#id, task_guids: [...this.#guids], holder: this.#holder, release };
    await this.#connection.tasks.HoldTasks(request, this.#connection.call());
  }
}
