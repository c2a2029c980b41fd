import type { ActionList } from '../../../src/domain/action.ts';
import { childSignal } from './bounds.ts';
import { inside, joined, type Step, type StepResult, StopRequest } from './step.ts';

const EXITED = 'Codependent step exited';

/** All at once; the first to end, in whatever way, ends the others. So it never succeeds, as in Diego. */
export const codependent: Step<ActionList> = async ({ actions, log_source }, context, signal) => {
  const inner = childSignal(signal);
  try {
    const results = await Promise.all(
      actions.map(async (action, index): Promise<StepResult> => {
        const result = await context.perform(action, inside(context, `actions[${index}]`, log_source), inner.signal);
        inner.abort(new StopRequest(context.stopGraceMs));
        if (result.kind !== 'succeeded') return result;
        return { ...result, kind: 'failed', text: EXITED, code: 'codependent_exited' };
      }),
    );
    const cancelled = results.find((result) => result.kind === 'cancelled');
    return joined(results) ?? cancelled ?? { kind: 'cancelled' };
  } finally {
    inner.release();
  }
};
