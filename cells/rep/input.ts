import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { LocalFile } from '../executor/actions/step.ts';
import { archiveEntries } from '../executor/transfers/unpack.ts';
import type { Attempt } from './attempt.ts';
import type { RepContext } from './context.ts';

/**
 * Brings what was uploaded for the task to this cell. Undefined = it has no input.
 * @throws DomainError `not_found` when the BBS has it not whole, `unavailable` when another try may have more luck.
 */
export async function fetchInput(rep: RepContext, attempt: Attempt, task: Task): Promise<LocalFile | undefined> {
  if (task.input_dir === '') return undefined;
  const kept = rep.transfers.temporary();
  try {
    const sizeBytes = await rep.calls.input(attempt, async (pieces) => await write(kept.path, pieces), attempt.givenUp);
    return { ...kept, sizeBytes, cached: false };
  } catch (error) {
    await kept.release();
    throw error;
  }
}

/** As the files of the image's own user. */
export async function unpackInput(
  rep: RepContext,
  container: string,
  { input_dir }: Task,
  input: LocalFile,
  signal: AbortSignal,
): Promise<void> {
  const entries = archiveEntries(input.path, signal);
  await rep.runtime.writeFiles(container, input_dir, { entries }, { maxBytes: rep.unpackMaxBytes, signal });
}

/** @returns how many bytes there are. */
async function write(
  path: string,
  pieces: AsyncIterable<{ readonly data?: Buffer; readonly sha256?: string }>,
): Promise<number> {
  const hash = createHash('sha256');
  let bytes = 0;
  let sum: string | undefined;
  const data = async function* () {
    for await (const piece of pieces) {
      sum = piece.sha256 ?? sum;
      if (piece.data === undefined) continue;
      bytes += piece.data.length;
      hash.update(piece.data);
      yield piece.data;
    }
  };
  await pipeline(data(), createWriteStream(path, { mode: 0o600 }));
  if (sum !== hash.digest('hex')) throw new DomainError('unavailable', 'the input came over broken: its sum differs');
  return bytes;
}
