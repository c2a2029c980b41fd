import { formatGoDuration } from '../../src/domain/duration.ts';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { containerName } from '../executor/container-spec.ts';
import { endingOf, engineRestarted, exitText, infraFailed } from '../executor/ending.ts';
import { withResult } from '../executor/result.ts';
import type { ContainerExit, ContainerState } from '../executor/runtime.ts';
import type { Attempt } from './attempt.ts';
import type { RepContext } from './context.ts';
import { digest, mark, tellEvents } from './events.ts';
import { Gauge } from './gauge.ts';
import { Backoff, rest } from './retry.ts';
import { sealOutputs } from './seal.ts';
import { KILL_AGAIN_MS, watch } from './watch.ts';

const DRAIN_MS = 5_000;

/** Opens the container's output and keeps it, from now on. */
export async function listen(rep: RepContext, attempt: Attempt, container: string): Promise<void> {
  const stream = await rep.runtime.attach(container);
  attempt.stream = stream;
  const pump = async (name: 'stdout' | 'stderr') => {
    // Read in any case: an output that nobody takes holds the process up.
    for await (const piece of stream[name]) {
      if (!attempt.terms.suppressOutput) await attempt.spool.write(name, piece as Buffer);
    }
  };
  attempt.output = Promise.all([pump('stdout'), pump('stderr')]).then(
    () => undefined,
    (error: unknown) => rep.log.warn({ guid: attempt.guid, error: errorText(error) }, 'output.broke'),
  );
}

/** From the running process to the freed capacity. */
export async function observe(rep: RepContext, attempt: Attempt, container: string): Promise<void> {
  attempt.phase = 'running';
  const gauge = new Gauge(rep, attempt, container);
  const end = await untilExit(rep, attempt, container).finally(() => gauge.stop());
  attempt.phase = 'reporting';
  const ending = end === undefined ? missing() : await judge(rep, attempt, container, end, gauge);
  // A task that has ended in the BBS has its outcome; the process is stopped and nothing is left to say.
  await conclude(rep, attempt, attempt.stop?.cause === 'ended' ? undefined : ending);
}

/**
 * Not awaited by anyone: it serves to notice, at the end, that somebody ran the container a second time. Tried until it is done,
 * for the note that comes with it says that the command of a prepared container has begun.
 */
async function rememberStart(rep: RepContext, attempt: Attempt, startedAt: bigint): Promise<void> {
  const backoff = new Backoff({ firstMs: 200, mostMs: 5_000 });
  while (attempt.phase === 'running' && !rep.leaving.aborted) {
    try {
      await noteRunning(rep, attempt, startedAt);
      return;
    } catch (error) {
      rep.log.debug({ guid: attempt.guid, error: errorText(error) }, 'start-time.not-noted');
      await backoff.pause(rep.leaving).catch(() => undefined);
    }
  }
}

/** What the next process of this cell has to know of a process that runs. */
export async function noteRunning(rep: RepContext, attempt: Attempt, startedAt?: bigint): Promise<void> {
  const { guid, uid, terms, begunAt } = attempt;
  const { instance } = rep.engine();
  const container = containerName({ uid, attempt: attempt.attempt });
  await rep.journal.write({
    guid,
    uid,
    attempt: attempt.attempt,
    container,
    phase: 'running',
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toString() }),
    ...(begunAt === undefined ? {} : { begunAt: begunAt.toString() }),
    ...(instance === '' ? {} : { engine: instance }),
    terms,
  });
}

/** Undefined = the container is gone. */
async function untilExit(rep: RepContext, attempt: Attempt, container: string): Promise<End | undefined> {
  return await watch(rep, attempt, waitForEnd(rep, attempt, container), async (_stop, now) => {
    await signalFor(rep, attempt, container, now);
  });
}

async function signalFor(rep: RepContext, attempt: Attempt, container: string, now: number): Promise<void> {
  const { stop, terms } = attempt;
  if (stop === undefined) return;
  const kill = now >= stop.killAt;
  if (!kill && stop.signalled) return;
  if (!stop.signalled && (await finalState(rep, container)).finishedAt !== undefined) {
    // It ended by itself before we came to it; its own outcome counts.
    stop.killAt = now + KILL_AGAIN_MS;
    return;
  }
  const signal = kill ? 'SIGKILL' : terms.stopSignal;
  stop.signalled = true;
  // Until the exit is there: a kill may get lost with the engine, and a process may hang in the kernel.
  if (kill) {
    stop.killAt = now + KILL_AGAIN_MS;
    stop.killed = true;
  }
  rep.log.info({ guid: attempt.guid, attempt: attempt.attempt, cause: stop.cause, signal }, 'attempt.stopping');
  mark(rep, attempt, 'rep', 'stopping', `${signal} is sent`, { cause: stop.cause, data: { signal } });
  try {
    await rep.runtime.kill(container, signal);
  } catch (error) {
    rep.log.warn({ guid: attempt.guid, signal, error: errorText(error) }, 'attempt.signal-failed');
    // Bad signal names included: what cannot be asked politely is killed at the end of its grace.
    if (kill) stop.killAt = now + 1_000;
  }
}

/** How the container's own process ended, and what the engine said of the container then. */
interface End {
  readonly exit: ContainerExit;
  readonly state: ContainerState;
}

/** Notes the start on the way. Undefined = the container is gone. */
export async function waitForEnd(rep: RepContext, attempt: Attempt, container: string): Promise<End | undefined> {
  let last = NOT_SEEN;
  const seen = (state: ContainerState): void => {
    last = state;
    const { startedAt } = state;
    if (startedAt === undefined || attempt.startedAt !== undefined || attempt.phase !== 'running') return;
    attempt.startedAt = startedAt;
    if (state.status === 'running') void rememberStart(rep, attempt, startedAt);
  };
  const backoff = new Backoff({ firstMs: 200, mostMs: 5_000 });
  for (;;) {
    try {
      return { exit: await rep.runtime.waitForExit(container, rep.leaving, seen), state: last };
    } catch (error) {
      rep.leaving.throwIfAborted();
      if (isDomainError(error, 'not_found')) return undefined;
      rep.log.warn({ container, error: errorText(error) }, 'exit.wait-failed');
      await backoff.pause(rep.leaving);
    }
  }
}

async function judge(
  rep: RepContext,
  attempt: Attempt,
  container: string,
  { exit: told, state: seen }: End,
  gauge: Gauge,
): Promise<Ending> {
  const { spool, terms } = attempt;
  // Somebody may have stopped it only to start it again: whoever did not end well is looked at once more.
  const looking = told.exitCode === 0 ? seen : finalState(rep, container);
  const saying = withMemory(rep, attempt, container, told);
  const [state, exit] = await Promise.all([looking, saying, drain(attempt), gauge.end()]);
  markExit(rep, attempt, exit);
  if (!terms.suppressOutput) {
    spool.flushLines();
    const { stop } = attempt;
    const late =
      stop?.killed === true ? ` (exceeded ${formatGoDuration(stop.graceMs)} graceful shutdown interval)` : '';
    spool.say(exitText('Exit status', exit, late));
  }
  const again =
    attempt.startedAt !== undefined && state.startedAt !== undefined && state.startedAt !== attempt.startedAt;
  if (again || state.restartCount > 0) {
    return infraFailed(
      'container_restarted',
      'the container was started again from outside; its result counts for nothing',
    );
  }
  const stopped = attempt.stop?.signalled === true ? attempt.stop.cause : undefined;
  if (stopped === undefined && (exit.unwatched === true || attempt.unwatched)) return gauge.added(engineRestarted());
  const ran = { ...state, startedAt: attempt.begunAt ?? state.startedAt };
  const ending = gauge.added(endingOf(exit, ran, terms, stopped));
  return await withFiles(rep, attempt, container, ending);
}

const KILLED = 137;

/** A kill that nobody here has sent may be the kernel's for memory, of which the engine comes to know apart from the exit. */
async function withMemory(
  rep: RepContext,
  attempt: Attempt,
  container: string,
  exit: ContainerExit,
): Promise<ContainerExit> {
  if (exit.exitCode !== KILLED || exit.oomKilled || exit.error !== '' || attempt.stop !== undefined) return exit;
  const oomKilled = await rep.runtime.wasKilledForMemory(container).catch(() => false);
  return { ...exit, oomKilled };
}

/** What is read of the container's files once nothing runs in it any more. */
export async function withFiles(rep: RepContext, attempt: Attempt, container: string, ending: Ending): Promise<Ending> {
  const pause = async (ms: number): Promise<void> => await rest(ms, rep.leaving);
  const { resultFile } = attempt.terms;
  const whole = await withResult(rep.runtime, container, resultFile, ending, pause);
  if (resultFile !== '' && ending.outcome === 'succeeded') {
    const { outcome, result_bytes, failure_reason: cause } = whole;
    if (outcome !== 'succeeded')
      mark(rep, attempt, 'rep', 'result_failed', `${resultFile} could not be read`, { cause });
    else {
      const data = { path: resultFile, bytes: String(result_bytes) };
      mark(rep, attempt, 'rep', 'result_read', `${result_bytes} bytes from ${resultFile}`, { data });
    }
  }
  return whole;
}

/** The process of a run action is the container's own, so its end is the action's. */
function markExit(rep: RepContext, attempt: Attempt, { exitCode, oomKilled, error }: ContainerExit): void {
  const data = { path: 'action.run', exit_code: String(exitCode), ...(oomKilled ? { oom_killed: 'true' } : {}) };
  const text = error === '' ? `exit code ${exitCode}${oomKilled ? ', out of memory' : ''}` : error;
  mark(rep, attempt, 'action', 'action_ended', `action.run ended: ${text}`, { data });
}

/** Of a container that the engine would not tell of: without its times a run is judged all the same. */
export const NOT_SEEN: ContainerState = {
  status: 'exited',
  startedAt: undefined,
  finishedAt: undefined,
  exit: undefined,
  restartCount: 0,
};

async function finalState(rep: RepContext, container: string): Promise<ContainerState> {
  return await rep.runtime.inspect(container).catch(() => NOT_SEEN);
}

/** A child that lives on may hold the output open after its parent's exit: wait, but not for ever. */
async function drain(attempt: Attempt): Promise<void> {
  const late = new AbortController();
  await Promise.race([attempt.output ?? Promise.resolve(), rest(DRAIN_MS, late.signal).catch(() => undefined)]);
  late.abort();
  attempt.stream?.close();
}

export function missing(): Ending {
  return infraFailed('container_missing', 'container missing: it was removed from outside');
}

/** For an attempt whose process never ran, or cannot be shown to have run. Its container goes first, so that it never will. */
export async function concludeUnrun(rep: RepContext, attempt: Attempt, ending: Ending): Promise<void> {
  attempt.phase = 'reporting';
  attempt.spool.say(ending.failure_reason);
  await removeContainer(rep, attempt);
  await conclude(rep, attempt, attempt.stop?.cause === 'ended' ? undefined : ending);
}

/** Tells the outcome until it is heard; only then the container goes, and only then its capacity is free. */
export async function conclude(rep: RepContext, attempt: Attempt, ending: Ending | undefined): Promise<void> {
  attempt.phase = 'reporting';
  await rep.spools.finish(attempt.guid, attempt.attempt);
  await sealOutputs(rep, attempt);
  if (ending !== undefined) {
    const { guid, attempt: id } = attempt;
    // At once, not one after the other: until the BBS has it, the container that is still there tells the same as the disk would.
    const kept = keep(rep, attempt, ending);
    try {
      attempt.reported = await deliver(rep, { guid, attempt: id, ending }, kept);
    } finally {
      // Also when the cell goes: what writes to its folder has ended before it has.
      await kept;
    }
    if (attempt.reported) mark(rep, attempt, 'rep', 'reported', `reported as ${ending.outcome}`);
  }
  await discard(rep, attempt);
}

async function keep(rep: RepContext, attempt: Attempt, ending: Ending): Promise<void> {
  try {
    await rep.outbox.put({ guid: attempt.guid, attempt: attempt.attempt, ending });
  } catch (error) {
    // A full disk: the stopped container still tells the same to the next process of this cell.
    rep.log.error({ guid: attempt.guid, error: errorText(error) }, 'outbox.write-failed');
  }
}

/**
 * An outcome's way to the BBS; also for those that an earlier process of this cell left in its outbox.
 * @param kept when it lies in the outbox, or cannot.
 * @returns whether it became the task's.
 */
export async function deliver(
  rep: RepContext,
  entry: { readonly guid: string; readonly attempt: string; readonly ending: Ending },
  kept: Promise<void> = Promise.resolve(),
): Promise<boolean> {
  const judged = await rep.calls.complete(entry, entry.ending, await digest(rep, entry), rep.leaving);
  const { outcome, failure_code } = entry.ending;
  rep.log.info(
    { guid: entry.guid, attempt: entry.attempt, outcome, failure_code, verdict: judged.code },
    'attempt.reported',
  );
  await kept;
  await rep.outbox.remove(entry).catch((error: unknown) => {
    // Told again after a restart, and answered as a repetition.
    rep.log.warn({ guid: entry.guid, error: errorText(error) }, 'outbox.remove-failed');
  });
  return judged.code === '';
}

/** The auctioneer need not take off this attempt's share itself any more. */
export function account(rep: RepContext, attempt: Attempt): void {
  if (attempt.accounted) return;
  attempt.accounted = true;
  rep.accounted(attempt.attempt);
}

/** Leaves nothing of the attempt on this cell. `last` is what still has to be heard before it is forgotten. */
export async function discard(rep: RepContext, attempt: Attempt, last?: () => Promise<void>): Promise<void> {
  attempt.phase = 'removing';
  await removeContainer(rep, attempt);
  rep.capacity.release(attempt.attempt);
  account(rep, attempt);
  rep.changed();
  mark(rep, attempt, 'runtime', 'removed', 'nothing of it is left on the cell');
  await last?.();
  await rep.spools.finish(attempt.guid, attempt.attempt);
  // Whoever's report is taken hears soon after that the task has ended.
  if (attempt.stop?.cause === 'ended' && !attempt.reported) await tellEvents(rep, attempt);
  await rep.timelines.finish(attempt);
  await rep.journal.remove(attempt.guid, attempt.attempt).catch((error: unknown) => {
    // Found without a container at the next start, and removed then.
    rep.log.warn({ guid: attempt.guid, error: errorText(error) }, 'journal.remove-failed');
  });
  rep.forget(attempt);
}

/** Until the engine says that it is gone: before that its memory and disk are not free. */
async function removeContainer(rep: RepContext, attempt: Attempt): Promise<void> {
  const { container } = attempt;
  attempt.stream?.close();
  if (container === undefined) return;
  const backoff = new Backoff({ firstMs: 200, mostMs: 10_000 });
  for (;;) {
    try {
      await rep.removals.through(async () => await rep.runtime.remove(container));
      attempt.container = undefined;
      return;
    } catch (error) {
      rep.log.warn({ guid: attempt.guid, container, error: errorText(error) }, 'container.remove-failed');
      await backoff.pause(rep.leaving);
    }
  }
}
