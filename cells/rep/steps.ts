import { errorText } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { type StepResult, StopRequest } from '../executor/actions/step.ts';
import { endingOf, endingOfSteps, engineRestarted, infraFailed } from '../executor/ending.ts';
import type { ContainerExit, ContainerState } from '../executor/runtime.ts';
import { performTree } from '../executor/tree.ts';
import type { Attempt, StopOrder } from './attempt.ts';
import type { RepContext } from './context.ts';
import { mark, markSteps } from './events.ts';
import { conclude, missing, NOT_SEEN, waitForEnd, withFiles } from './finish.ts';
import { Gauge } from './gauge.ts';
import { KILL_AGAIN_MS, watch } from './watch.ts';

const MIB = 2 ** 20;

/**
 * From an idling container to the freed capacity: its tree of actions, step by step, each process started once. Where it stands is
 * known to this process of the cell alone, so after a restart the task is failed and never gone on with.
 */
export async function runSteps(rep: RepContext, attempt: Attempt, container: string, task: Task): Promise<void> {
  attempt.phase = 'running';
  const cancel = new AbortController();
  const hard = new AbortController();
  const onLeaving = (): void => {
    cancel.abort(new StopRequest(0));
    hard.abort();
  };
  rep.leaving.addEventListener('abort', onLeaving, { once: true });
  const idle = { exit: undefined as ContainerExit | 'gone' | undefined };
  const died = waitForEnd(rep, attempt, container).then((end) => {
    idle.exit ??= end?.exit ?? 'gone';
    // Nothing can run in it any more; what the steps still wait for will not come.
    onLeaving();
    return end?.state ?? NOT_SEEN;
  });
  // Fails only when the cell goes, which everybody here hears of by themselves.
  died.catch(() => undefined);
  const gauge = new Gauge(rep, attempt, container);
  try {
    const tree = performTree(
      {
        runtime: rep.runtime,
        container,
        task,
        placement: { uid: attempt.uid, attempt: attempt.attempt },
        policy: rep.policy,
        terms: attempt.terms,
        spool: attempt.spool,
        transfers: rep.transfers,
        maxBytes: task.disk_mb > 0 ? task.disk_mb * MIB : rep.unpackMaxBytes,
        hardStop: hard.signal,
        leaving: rep.leaving,
        observe: markSteps(rep, attempt),
        atCheckpoint: () => attempt.checkpoint,
      },
      cancel.signal,
    );
    const result = await watch(rep, attempt, tree, async (stop, now) => {
      await enforce(rep, attempt, container, { cancel, hard }, stop, now);
    });
    rep.leaving.throwIfAborted();
    attempt.phase = 'reporting';
    const before = idle.exit;
    await gauge.end();
    const state = await endIdle(rep, attempt, container, died);
    const ending = gauge.added(judge(attempt, result, before, state));
    const whole = before === 'gone' ? ending : await withFiles(rep, attempt, container, ending);
    await conclude(rep, attempt, attempt.stop?.cause === 'ended' ? undefined : whole);
  } finally {
    gauge.stop();
    rep.leaving.removeEventListener('abort', onLeaving);
  }
}

interface Stops {
  readonly cancel: AbortController;
  readonly hard: AbortController;
}

/** The steps are told to end; at the end of the grace what runs is killed; when even that is not enough, the container. */
async function enforce(
  rep: RepContext,
  attempt: Attempt,
  container: string,
  { cancel, hard }: Stops,
  stop: StopOrder,
  now: number,
): Promise<void> {
  if (!stop.signalled) {
    stop.signalled = true;
    rep.log.info({ guid: attempt.guid, attempt: attempt.attempt, cause: stop.cause }, 'attempt.stopping');
    mark(rep, attempt, 'rep', 'stopping', 'the steps are told to end', { cause: stop.cause });
    cancel.abort(new StopRequest(stop.killAt - now));
  }
  if (now < stop.killAt) return;
  stop.killAt = now + KILL_AGAIN_MS;
  if (hard.signal.aborted) await kill(rep, attempt, container);
  hard.abort();
}

/** No process is left when the result is read, also none that a step left behind. */
async function endIdle(
  rep: RepContext,
  attempt: Attempt,
  container: string,
  died: Promise<ContainerState>,
): Promise<ContainerState> {
  const over = Promise.all([died, kill(rep, attempt, container)]);
  const [state] = await watch(rep, attempt, over, async (stop, now) => {
    if (now < stop.killAt) return;
    stop.killAt = now + KILL_AGAIN_MS;
    await kill(rep, attempt, container);
  });
  return state;
}

async function kill(rep: RepContext, attempt: Attempt, container: string): Promise<void> {
  await rep.runtime.kill(container, 'SIGKILL').catch((error: unknown) => {
    rep.log.warn({ guid: attempt.guid, error: errorText(error) }, 'attempt.signal-failed');
  });
}

function judge(
  attempt: Attempt,
  result: StepResult,
  before: ContainerExit | 'gone' | undefined,
  state: ContainerState,
): Ending {
  const stopped = attempt.stop?.signalled === true ? attempt.stop.cause : undefined;
  if (stopped === undefined && before !== 'gone' && before?.unwatched === true) return engineRestarted();
  // A tree that had come to its end before the container did stands as it is.
  const over = result.kind !== 'cancelled' && result.kind !== 'failed';
  if (before === undefined || over || stopped !== undefined)
    return endingOfSteps(result, state, attempt.terms, stopped);
  if (before === 'gone') return missing();
  if (before.oomKilled) return endingOf(before, state, attempt.terms, undefined);
  return infraFailed('container_stopped', 'the container was stopped from outside while its steps ran');
}
