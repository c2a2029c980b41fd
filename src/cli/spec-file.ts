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
  return parseTaskSpec(file.trimStart().startsWith('{') ? file : await read(file, io));
}

async function read(file: string, io: Io): Promise<string> {
  const path = file.startsWith('@') ? file.slice(1) : file;
  let bytes: Buffer;
  try {
    bytes = path === '-' ? await buffer(io.stdin) : await readFile(path);
  } catch (error) {
    throw new DomainError('invalid_argument', `cannot read the task spec: ${errorText(error)}`);
  }
  if (bytes.length > SPEC_MAX_BYTES) {
    throw new DomainError('too_large', `the task spec in ${path} has ${bytes.length} bytes; a request may have 1 MiB`);
  }
  return bytes.toString('utf8');
}
