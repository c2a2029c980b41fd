import { errorText } from '../domain/errors.ts';
import { isLoopback } from '../platform/tls.ts';
import { expiryOf } from '../platform/token-expiry.ts';
import { taskError } from './errors.ts';

/** A bearer token, or what gets one: called when there is none yet, and again when the last one is about to end. */
export type TokenSource = string | (() => string | Promise<string>);

/** A new one is asked for so long before the last one ends: clocks differ, and calls take their time. */
const EARLY_MS = 30_000;

/** @returns what answers the token to send now. */
export function tokenSource(source: TokenSource): () => Promise<string> {
  if (typeof source === 'string') return async () => source;
  let last: string | undefined;
  let getting: Promise<string> | undefined;
  return async () => {
    // What does not say when it ends may have ended.
    const until = last === undefined ? undefined : expiryOf(last);
    if (last !== undefined && until !== undefined && until - EARLY_MS > Date.now()) return last;
    getting ??= get(source).finally(() => {
      getting = undefined;
    });
    last = await getting;
    return last;
  };
}

async function get(source: () => string | Promise<string>): Promise<string> {
  try {
    return await source();
  } catch (error) {
    throw taskError('unauthenticated', `no token: ${errorText(error)}`, { cause: error });
  }
}

/** @throws TaskError `invalid_argument`: whoever listens on the way could use the token, too. */
export function requireConfidential(addresses: readonly string[], encrypted: boolean): void {
  const open = encrypted ? undefined : addresses.find((one) => !isLoopback(one.slice(0, one.lastIndexOf(':'))));
  if (open !== undefined)
    throw taskError(
      'invalid_argument',
      `a token is not sent to ${open} in the clear; give the server's authority (tls.ca)`,
    );
}
