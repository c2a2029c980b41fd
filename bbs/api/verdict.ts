import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { Verdict } from '../../src/rpc/gen/gavel/v1/Verdict.ts';
import type { CallContext } from '../../src/rpc/types.ts';

/** Runs every item of a batch, together, and answers each with its own verdict: one that fails does not disturb the others. */
export function verdicts<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<Verdict[]> {
  return Promise.all(
    items.map(async (item) => {
      try {
        await run(item);
        return DONE;
      } catch (error) {
        return verdictOf(error);
      }
    }),
  );
}

export const DONE: Verdict = { code: '', message: '' };

export function verdictOf(error: unknown): Verdict {
  return isDomainError(error)
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'internal error' };
}

/** A cell speaks for itself only: its certificate pins its id. */
export function requireCell(context: CallContext, cellId: string): void {
  const { role, name } = context.identity;
  if (role === 'cell' && name !== cellId)
    throw new DomainError('permission_denied', `the certificate is for cell ${name}, not ${cellId}`);
}
