import type { Logger } from 'pino';
import { DomainError, errorText } from '../domain/errors.ts';

/** Something that was started and can be stopped. `failed` settles only when it breaks by itself. */
export interface Running {
  stop(): Promise<void>;
  readonly failed?: Promise<never>;
}

export interface Member {
  readonly name: string;
  start(): Promise<Running> | Running;
}

const STOP_EACH_MS = 9_000;

/** Starts the members in order; a member that cannot start stops the earlier ones again. `stop` goes in reverse order, each bounded. */
export async function runGroup(log: Logger, members: readonly Member[]): Promise<Running> {
  const started: { name: string; running: Running }[] = [];
  const stop = async () => {
    for (const { name, running } of started.splice(0).reverse()) {
      await bounded(running.stop(), STOP_EACH_MS, name).catch((error: unknown) => {
        log.warn({ member: name, error: errorText(error) }, 'member.stop-failed');
      });
    }
  };
  const failures: Promise<never>[] = [];
  for (const member of members) {
    try {
      const running = await member.start();
      started.push({ name: member.name, running });
      if (running.failed !== undefined) failures.push(running.failed);
      log.debug({ member: member.name }, 'member.started');
    } catch (error) {
      log.error({ member: member.name, error: errorText(error) }, 'member.start-failed');
      await stop();
      throw error;
    }
  }
  return failures.length === 0 ? { stop } : { stop, failed: Promise.race(failures) };
}

/** The promise's outcome, or an error naming `what` after `ms`. */
export async function bounded<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DomainError('deadline', `${what} took longer than ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when the signal aborts, at once when it has already. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
