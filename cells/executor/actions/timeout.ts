import type { TimeoutAction } from '../../../src/domain/action.ts';
import { formatGoDuration } from '../../../src/domain/duration.ts';
import { after, childSignal } from './bounds.ts';
import { inside, type Step, StopRequest } from './step.ts';

/** Ends its action when it takes too long, all waits for a place in some line included. Too late is a failure, also when the action then succeeds. */
export const timeout: Step<TimeoutAction> = async ({ action, timeout_ms, log_source }, context, signal) => {
  const inner = childSignal(signal);
  let expired = false;
  const disarm = after(timeout_ms, () => {
    expired = true;
    inner.abort(new StopRequest(context.stopGraceMs));
  });
  // Cancelled from outside while its action is still ending: that is no timeout.
  if (signal.aborted) disarm();
  else signal.addEventListener('abort', disarm, { once: true });
  try {
    const result = await context.perform(action, inside(context, 'action', log_source), inner.signal);
    if (!expired) return result;
    const shown = result.kind === 'failed' && result.shown !== undefined ? `; ${result.shown}` : '';
    const text = `exceeded ${formatGoDuration(timeout_ms)} timeout${shown}`;
    const exit = result.exit === undefined ? {} : { exit: result.exit };
    return { kind: 'failed', text, shown: text, code: 'timed_out', ...exit };
  } finally {
    disarm();
    signal.removeEventListener('abort', disarm);
    inner.release();
  }
};
