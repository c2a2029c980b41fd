import type { Action, RunAction } from '../../../src/domain/action.ts';

/**
 * The action that is the container's own process. A tree of several actions will get a container that idles, and run each of
 * them inside; a task that is one `run` needs no more than this.
 */
export function processOf(action: Action | undefined): RunAction | undefined {
  return action !== undefined && 'run' in action ? action.run : undefined;
}
