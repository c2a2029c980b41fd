import type { EmitProgressAction } from '../../../src/domain/action.ts';
import { inside, type Step } from './step.ts';

/** Says how its action goes; the result is the action's own. */
export const emitProgress: Step<EmitProgressAction> = async (step, context, signal) => {
  const inner = inside(context, 'action', step.log_source);
  const say = (text: string): void => {
    if (text !== '') context.say(inner.source, text);
  };
  say(step.start_message);
  const result = await context.perform(step.action, inner, signal);
  if (result.kind === 'succeeded') say(step.success_message);
  else if (step.failure_message_prefix !== '') {
    const shown = result.kind === 'failed' && result.shown !== undefined ? `: ${result.shown}` : '';
    say(`${step.failure_message_prefix}${shown}`);
  }
  return result;
};
