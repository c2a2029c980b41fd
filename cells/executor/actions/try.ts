import type { TryAction } from '../../../src/domain/action.ts';
import { inside, type Step } from './step.ts';

/** Whatever becomes of its action, it succeeds. */
export const tryStep: Step<TryAction> = async ({ action, log_source }, context, signal) => {
  await context.perform(action, inside(context, 'action', log_source), signal);
  return { kind: 'succeeded' };
};
