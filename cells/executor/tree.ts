import { setTimeout as sleep } from 'node:timers/promises';
import type { RunAction } from '../../src/domain/action.ts';
import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import { childSignal, within } from './actions/bounds.ts';
import { perform } from './actions/perform.ts';
import {
  type Failed,
  type StepContext,
  type StepEvent,
  type StepProcess,
  type StepResult,
  StopRequest,
} from './actions/step.ts';
import { containerFiles } from './container-files.ts';
import { type CellPolicy, execSpec, networkOf, type Placement } from './container-spec.ts';
import type { Spool } from './logs/spool.ts';
import type { ContainerExec, ContainerExit, ContainerRuntime } from './runtime.ts';
import type { RunTerms } from './terms.ts';
import type { CellTransfers } from './transfers/transfers.ts';

export interface TreeDeps {
  readonly runtime: ContainerRuntime;
  /** Idles, and runs. */
  readonly container: string;
  readonly task: TaskDefinition;
  readonly placement: Placement;
  readonly policy: CellPolicy;
  readonly terms: RunTerms;
  readonly spool: Spool;
  readonly transfers: CellTransfers;
  /** Most bytes that one download may unpack to. */
  readonly maxBytes: number;
  /** Aborts when what still runs is to be killed without any more grace. */
  readonly hardStop: AbortSignal;
  /** Aborts when this process of the cell goes. */
  readonly leaving: AbortSignal;
  readonly observe?: (event: StepEvent) => void;
  /** From then on no step of a serial action begins. */
  readonly atCheckpoint: () => boolean;
}

/** A child that lives on may hold the output open after its parent's exit: wait, but not for ever. */
const DRAIN_MS = 5_000;
const ASK_AGAIN_MS = 1_000;

/** Performs a task's whole tree of actions in its container. Never rejects. */
export async function performTree(deps: TreeDeps, signal: AbortSignal): Promise<StepResult> {
  const { runtime, container, task, terms, spool, transfers, maxBytes, hardStop, observe } = deps;
  const inner = childSignal(signal);
  let unsure: Failed | undefined;
  let cut = false;
  const onUnsure = (failure: Failed): void => {
    unsure ??= failure;
    inner.abort(new StopRequest(0));
  };
  // Asked for once, and only where there can be one.
  let asked: Promise<string> | undefined;
  const address = async (): Promise<string> => await (asked ??= addressOf(deps));
  const context: StepContext = {
    path: 'action',
    source: terms.source,
    stopSignal: terms.stopSignal,
    stopGraceMs: terms.stopGraceMs,
    hardStop,
    say: (source, text) => spool.say(text, source),
    start: async (run, source) => await start(deps, run, source, await address(), onUnsure),
    transfers,
    files: containerFiles({ runtime, container, maxBytes, temporary: () => transfers.temporary() }),
    perform,
    atCheckpoint: () => (cut ||= deps.atCheckpoint()),
    ...(observe === undefined ? {} : { observe }),
  };
  try {
    const result = await perform(task.action, context, inner.signal);
    // A `try` around steps that did not begin succeeds; the task has not done all of its work for that.
    if (cut && result.kind === 'succeeded') return { ...result, kind: 'cancelled', atCheckpoint: true };
    return unsure ?? result;
  } finally {
    inner.release();
  }
}

async function addressOf({ runtime, container, task, policy }: TreeDeps): Promise<string> {
  if (networkOf(task, policy) === 'none') return '';
  return (await runtime.inspect(container)).address ?? '';
}

async function start(
  deps: TreeDeps,
  run: RunAction,
  source: string,
  address: string,
  onUnsure: (failure: Failed) => void,
): Promise<StepProcess> {
  const { runtime, container, task, placement, policy, spool, leaving } = deps;
  // A folder that is not there is made, as it is for a container's own process.
  if (run.dir !== '') await runtime.writeFiles(container, run.dir, { entries: [] }, { signal: leaving });
  let exec: ContainerExec;
  try {
    exec = await runtime.exec(container, execSpec(task, run, placement, policy, address));
  } catch (error) {
    // It may run, unseen: no `try` around it may go on beside it. The whole ends here, and with the container whatever runs in it.
    if (!isRefusal(error)) {
      onUnsure({ kind: 'failed', text: errorText(error), code: 'start_not_confirmed', infra: true });
    }
    throw error;
  }
  const channel = spool.open(source);
  const pump = async (name: 'stdout' | 'stderr'): Promise<void> => {
    // Read in any case: an output that nobody takes holds the process up.
    for await (const piece of exec.output[name]) {
      if (!run.suppress_log_output) await channel.write(name, piece as Buffer);
    }
  };
  const output = Promise.all([pump('stdout'), pump('stderr')]).catch(() => undefined);
  const end = async (): Promise<ContainerExit> => {
    try {
      const exit = await exitOf(exec, leaving);
      await within(output, { ms: DRAIN_MS });
      return exit;
    } finally {
      exec.output.close();
      channel.end();
    }
  };
  return { exit: end(), signal: async (name) => await exec.kill(name) };
}

/** The engine answered, and the answer was no. */
function isRefusal(error: unknown): boolean {
  return isDomainError(error) && ['invalid_argument', 'not_found', 'conflict'].includes(error.code);
}

/** An engine that is away is waited for: the process goes on without it. */
async function exitOf(exec: ContainerExec, leaving: AbortSignal): Promise<ContainerExit> {
  for (;;) {
    try {
      return await exec.wait(leaving);
    } catch (error) {
      if (leaving.aborted || !isDomainError(error) || !error.retryable) throw error;
      await sleep(ASK_AGAIN_MS, undefined, { signal: leaving });
    }
  }
}
