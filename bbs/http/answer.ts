import { DomainError, ERRORS, isDomainError } from '../../src/domain/errors.ts';
import { toJson } from '../../src/platform/json.ts';

const COMMON = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** JSON, number literals exact to the last digit. */
export function json(value: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${toJson(value)}\n`, {
    status,
    headers: { ...COMMON, 'content-type': 'application/json', ...headers },
  });
}

export function text(value: string, status = 200, type = 'text/plain; charset=utf-8'): Response {
  return new Response(value, { status, headers: { ...COMMON, 'content-type': type } });
}

/** Only a DomainError's message leaves the process; anything else is a fixed text, and is logged by the caller. */
export function errorBody(error: unknown): { readonly status: number; readonly body: object } {
  const known = isDomainError(error) ? error : new DomainError('internal', 'internal error');
  const { code, message, faults, about } = known;
  return { status: ERRORS[code].http, body: { error: { code, message, faults, about } } };
}

export function errorAnswer(error: unknown): Response {
  const { status, body } = errorBody(error);
  const seconds = Math.ceil(((isDomainError(error) ? error.retryAfterMs : undefined) ?? 1_000) / 1_000);
  const again = isDomainError(error) && error.retryable ? { 'retry-after': String(seconds) } : {};
  // What is left of a request that is too large is not read, so the connection cannot carry another one.
  const close = isDomainError(error, 'too_large') ? { connection: 'close' } : {};
  return json(body, status, { ...again, ...close });
}
