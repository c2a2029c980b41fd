import type { ActionList } from '../../../src/domain/action.ts';
import { inside, type Step, type StepResult } from './step.ts';

/** One after the other; the first that does not succeed is the result, and the rest is skipped. */
export const serial: Step<ActionList> = async ({ actions, log_source }, context, signal) => {
  let last: StepResult = { kind: 'succeeded' };
  for (const [index, action] of actions.entries()) {
    // A `try` succeeds also when it is cancelled; what follows it is cancelled all the same.
    if (signal.aborted) return { ...last, kind: 'cancelled' };
    if (context.atCheckpoint()) return { ...last, kind: 'cancelled', atCheckpoint: true };
    const result = await context.perform(action, inside(context, `actions[${index}]`, log_source), signal);
    if (result.kind !== 'succeeded') return result;
    last = { ...last, ...result };
  }
  return last;
};
