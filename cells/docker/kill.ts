import type { Engine, EngineRequest } from './engine.ts';
import { isEngineError } from './errors.ts';

/** Sends a signal; a container that is not running, or gone, is no error. */
export async function sendSignal(engine: Engine, request: EngineRequest): Promise<void> {
  try {
    await engine.json(request);
  } catch (error) {
    if (isEngineError(error, 404) || isEngineError(error, 409)) return;
    // Between the engine's look and its kill the process may end.
    if (isEngineError(error) && /is not running|no such process|already finished/i.test(error.words)) return;
    throw error;
  }
}
