import type { ActionList } from '../../../src/domain/action.ts';
import { inside, joined, type Step } from './step.ts';

/** All at once, and all to their end, also when one fails. */
export const parallel: Step<ActionList> = async ({ actions, log_source }, context, signal) => {
  const results = await Promise.all(
    actions.map(
      async (action, index) => await context.perform(action, inside(context, `actions[${index}]`, log_source), signal),
    ),
  );
  const cancelled = results.find((result) => result.kind === 'cancelled');
  return joined(results) ?? cancelled ?? results.at(-1) ?? { kind: 'succeeded' };
};
