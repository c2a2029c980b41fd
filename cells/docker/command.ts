import { DomainError } from '../../src/domain/errors.ts';
import { lastWins } from './profile.ts';

/** More than any kernel takes of arguments and environment together. */
const MOST_BYTES = 8 * 2 ** 20;

export interface Command {
  readonly path: string;
  readonly args: readonly string[];
  /** On top of the container's; `NAME=value`, later entries win. */
  readonly env: readonly string[];
}

/**
 * A command as our helper reads it from its stdin (helper/helper.c, `wait`): bytes of the texts, number of arguments, number of
 * variables, 8 digits each; then the texts, a NUL after each.
 * @throws DomainError `invalid_argument` when it is larger than a kernel would take.
 */
export function encodeCommand({ path, args, env }: Command): Buffer {
  const variables = lastWins(env);
  const texts = Buffer.from([path, ...args, ...variables].map((text) => `${text}\0`).join(''));
  if (texts.length > MOST_BYTES) {
    throw new DomainError('invalid_argument', `arguments and environment are more than ${MOST_BYTES} bytes`);
  }
  const head = [texts.length, args.length + 1, variables.length].map((count) => String(count).padStart(8, '0'));
  return Buffer.concat([Buffer.from(head.join('')), texts]);
}
