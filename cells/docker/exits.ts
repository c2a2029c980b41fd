import type { IncomingMessage } from 'node:http';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { ContainerExit, ContainerState } from '../executor/runtime.ts';
import { cancelled, type Engine } from './engine.ts';
import { isGone } from './errors.ts';

/** After a wake-up that was none; keeps a waiting loop from turning hot. */
const CALM_MS = 100;

/**
 * The run that was waited for is over, and its own end is not known any more. Not waited for: the second run, which nobody here
 * has asked for, and which need not end (a container that idles waits for a command that does not come again).
 */
const STARTED_AGAIN: ContainerExit = {
  exitCode: 137,
  oomKilled: false,
  error: 'the container was started again from outside',
};

export interface ExitWatch {
  readonly engine: Engine;
  readonly id: string;
  readonly inspect: (signal: AbortSignal) => Promise<ContainerState>;
  readonly pollMs: number;
  readonly deadlineMs: number;
  /** Containers outlive the engine's process. */
  readonly liveRestore: boolean;
}

/**
 * Waits for the end of a container. Only `inspect` decides (F11: a wait on a created container answers 0 at once, one registered
 * after the exit hangs for ever). An exit after which the engine was found gone is told as `unwatched`. The order makes it fast: the engine sends the headers of a wait's answer when the wait is
 * registered; an inspect after that sees the exit, or the wait will tell of it.
 */
export async function waitForExit(watch: ExitWatch, signal: AbortSignal): Promise<ContainerExit> {
  const what = `wait for container ${watch.id}`;
  let waiting: IncomingMessage | undefined;
  let woken = false;
  // Since the container was last seen to run, the engine was gone.
  let gone = false;
  try {
    for (;;) {
      if (signal.aborted) throw cancelled(what);
      gone ||= waiting?.closed === true && !waiting.complete;
      if (!woken && isOver(waiting)) waiting = await register(watch, signal);
      const state = await inspect(watch, signal);
      if (state === 'gone') gone = true;
      else if (state !== 'silent') {
        if (state.status === 'missing') throw new DomainError('not_found', `cannot ${what}: it is gone`);
        if (state.exit !== undefined)
          return gone && !watch.liveRestore ? { ...state.exit, unwatched: true } : state.exit;
        if (state.restartCount > 0) return STARTED_AGAIN;
        gone = false;
      }
      if (woken) {
        woken = false;
        await pause(undefined, CALM_MS, signal);
      } else {
        woken = await pause(waiting, watch.pollMs, signal);
      }
    }
  } finally {
    waiting?.destroy();
  }
}

function isOver(waiting: IncomingMessage | undefined): boolean {
  return waiting === undefined || waiting.readableEnded || waiting.closed;
}

/** A wait is only a help: when it cannot be had, polling does it alone. */
async function register(watch: ExitWatch, signal: AbortSignal): Promise<IncomingMessage | undefined> {
  try {
    const body = await watch.engine.open({
      what: 'register a wait',
      method: 'POST',
      path: `/containers/${encodeURIComponent(watch.id)}/wait`,
      query: { condition: 'next-exit' },
      deadlineMs: watch.deadlineMs,
      signal,
    });
    return body.resume();
  } catch {
    return undefined;
  }
}

/** `silent` and `gone` while the engine does not answer, or is not there: the container may well go on without it. */
async function inspect(watch: ExitWatch, signal: AbortSignal): Promise<ContainerState | 'silent' | 'gone'> {
  try {
    return await watch.inspect(signal);
  } catch (error) {
    if (isGone(error)) return 'gone';
    if (isDomainError(error, 'unavailable')) return 'silent';
    throw error;
  }
}

/** Resolves when the wait answered (true), after the time, or on the signal. */
async function pause(waiting: IncomingMessage | undefined, ms: number, signal: AbortSignal): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      waiting?.off('end', done);
      waiting?.off('close', done);
      signal.removeEventListener('abort', done);
      resolve(waiting !== undefined && isOver(waiting));
    };
    const timer = setTimeout(done, ms);
    waiting?.once('end', done);
    waiting?.once('close', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted || (waiting !== undefined && isOver(waiting))) done();
  });
}
