import { errorText, isDomainError } from '../../src/domain/errors.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import type { ContainerRuntime } from './runtime.ts';
import { toText } from './text.ts';

export const RESULT_MAX_BYTES = 10_240;
const READ_PAUSES_MS = [200, 1_000, 3_000];

/** Adds the result to a success, or turns it into the failure to fetch one. Only ever called after the exit: nobody writes any more. */
export async function withResult(
  runtime: ContainerRuntime,
  containerId: string,
  path: string,
  ending: Ending,
  pause: (ms: number) => Promise<void>,
): Promise<Ending> {
  if (path === '' || ending.outcome !== 'succeeded') return ending;
  for (const again of [...READ_PAUSES_MS, undefined]) {
    try {
      // One byte more than is kept, so that a character at the edge is cut, not torn.
      const file = await runtime.readFile(containerId, path, RESULT_MAX_BYTES + 1);
      const { text, cut } = toText(file.bytes, RESULT_MAX_BYTES);
      return { ...ending, result: text, result_truncated: cut || file.truncated, result_bytes: file.totalBytes };
    } catch (error) {
      const passing = isDomainError(error) && error.retryable;
      if (!passing || again === undefined) return unfetched(ending, errorText(error));
      await pause(again);
    }
  }
  return ending;
}

function unfetched(ending: Ending, why: string): Ending {
  return {
    ...ending,
    outcome: 'failed',
    // Clients match the beginning (contract.md section 4); the rest is for people.
    failure_reason: `failed to fetch result: ${why}`,
    failure_code: 'result_unavailable',
  };
}
