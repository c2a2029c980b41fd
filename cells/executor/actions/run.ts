import type { RunAction } from '../../../src/domain/action.ts';
import { formatGoDuration } from '../../../src/domain/duration.ts';
import { errorText, isDomainError } from '../../../src/domain/errors.ts';
import { codeOfError, exitText } from '../ending.ts';
import type { ContainerExit } from '../runtime.ts';
import { within } from './bounds.ts';
import type { Failed, Step, StepContext, StepProcess, StepResult } from './step.ts';
import { StopRequest } from './step.ts';

/** How long a killed process may take to be gone. Diego waits 1 s; a busy machine needs more for an innocent one. */
const KILLED_MS = 10_000;
/** A signal that the engine does not take in this time is as good as lost. */
const SIGNAL_MS = 10_000;

/** One process in the task's container, from its one start to its end. */
export const run: Step<RunAction> = async (step, outer, signal) => {
  const context = step.log_source === '' ? outer : { ...outer, source: step.log_source };
  const say = (text: string): void => {
    if (!step.suppress_log_output) context.say(context.source, text);
  };
  if (signal.aborted) return { kind: 'cancelled' };
  let process: StepProcess;
  try {
    process = await context.start(step, context.source);
  } catch (error) {
    say(`failed-creating-process: ${errorText(error)}`);
    return unstarted(error);
  }
  // Whoever waits below hears of it; until then nobody listens.
  process.exit.catch(() => undefined);
  const { exit, killed } = await toItsEnd(process, context, signal);
  if (exit === undefined) {
    say('process did not exit');
    return { kind: 'failed', text: 'process did not exit', code: 'process_stuck', infra: true };
  }
  const grace = killed ? ` (exceeded ${formatGoDuration(graceMs(context, signal))} graceful shutdown interval)` : '';
  say(exitText('Exit status', exit, grace));
  return judge(exit, context, signal);
};

function judge(exit: ContainerExit, context: StepContext, signal: AbortSignal): StepResult {
  // Also with 0: it was told to end, and who knows what it left undone.
  if (signal.aborted) return { kind: 'cancelled', exit };
  if (exit.error !== '') return failed(`${context.source}: ${exit.error}`, codeOfError(exit.error), exit);
  if (exit.exitCode === 0) return { kind: 'succeeded', exit };
  return failed(`${context.source}: ${exitText('Exited with status', exit)}`, exit.oomKilled ? 'oom' : 'exit', exit);
}

function failed(text: string, code: string, exit: ContainerExit): Failed {
  return { kind: 'failed', text, shown: text, code, exit };
}

function unstarted(error: unknown): Failed {
  const refused = isDomainError(error, 'invalid_argument');
  return {
    kind: 'failed',
    text: errorText(error),
    code: refused ? 'command_failed' : 'start_not_confirmed',
    infra: !refused,
  };
}

/** Waits for the exit; when the signal comes first: the stop signal, its grace, SIGKILL, and a last bounded wait. */
async function toItsEnd(
  process: StepProcess,
  context: StepContext,
  signal: AbortSignal,
): Promise<{ readonly exit: ContainerExit | undefined; readonly killed: boolean }> {
  const inTime = await within(process.exit, { signals: [signal] });
  if (inTime !== undefined) return { exit: inTime.value, killed: false };
  await send(process, context.stopSignal);
  const inGrace = await within(process.exit, { ms: graceMs(context, signal), signals: [context.hardStop] });
  if (inGrace !== undefined) return { exit: inGrace.value, killed: false };
  await send(process, 'SIGKILL');
  const last = await within(process.exit, { ms: KILLED_MS });
  return { exit: last?.value, killed: true };
}

function graceMs(context: StepContext, signal: AbortSignal): number {
  return signal.reason instanceof StopRequest ? Math.max(signal.reason.graceMs, 0) : context.stopGraceMs;
}

/** A signal that cannot be sent is no reason to give up: SIGKILL comes after the grace, and the container goes in the end. */
async function send(process: StepProcess, name: string): Promise<void> {
  await within(
    process.signal(name).catch(() => undefined),
    { ms: SIGNAL_MS },
  );
}
