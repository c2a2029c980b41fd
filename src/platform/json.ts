import { parse, stringify } from 'lossless-json';
import { DomainError, errorText } from '../domain/errors.ts';

/*
 * JSON.parse turns 1764000000123456789 into 1764000000123456800 without a word, so our own payloads never go through it:
 * whole numbers that a double cannot hold come out, and go in, as bigint.
 */

/** @throws DomainError `invalid_argument` for text that is not JSON, also when it is nested deeper than any of ours could be. */
export function parseJson(text: string): unknown {
  try {
    return parse(text, null, parseNumber);
  } catch (error) {
    const why = error instanceof RangeError ? 'nested too deeply' : errorText(error);
    throw new DomainError('invalid_argument', `not valid JSON: ${why}`, { cause: error });
  }
}

/** JSON text; bigints become number literals, exact to the last digit. */
export function toJson(value: unknown, indent?: number): string {
  return stringify(value, null, indent) ?? 'null';
}

function parseNumber(text: string): number | bigint {
  const value = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}
