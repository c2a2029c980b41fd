import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { parseTaskSpec } from '../client/index.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import type { TaskDefinition } from '../domain/task.ts';
import type { Io } from './io.ts';

/** More than the largest request may have. */
const SPEC_MAX_BYTES = 4 * 1024 * 1024;

/** The task described in FILE, @FILE, - (stdin), or in the argument itself when that is a JSON object. */
export async function readSpec(file: string, io: Io): Promise<TaskDefinition> {
  return parseTaskSpec(file.trimStart().startsWith('{') ? file : await readText(file, io));
}

/** What stands in FILE, @FILE or - (stdin). */
export async function readText(file: string, io: Io, what = 'the task spec'): Promise<string> {
  const path = file.startsWith('@') ? file.slice(1) : file;
  let bytes: Buffer;
  try {
    bytes = path === '-' ? await buffer(io.stdin) : await readFile(path);
  } catch (error) {
    throw new DomainError('invalid_argument', `cannot read ${what}: ${errorText(error)}`);
  }
  if (bytes.length > SPEC_MAX_BYTES) {
    throw new DomainError(
      'too_large',
      `${what} in ${path} has ${bytes.length} bytes; at most ${SPEC_MAX_BYTES / 2 ** 20} MiB are read`,
    );
  }
  return bytes.toString('utf8');
}
