import type { DownloadAction } from '../../../src/domain/action.ts';
import { errorText } from '../../../src/domain/errors.ts';
import { formatBytes } from '../transfers/bytes.ts';
import type { Failed, LocalFile, Step } from './step.ts';

const LOGGED_MAX = 1_024;

/** Fetches an archive onto the cell and unpacks it in the container. */
export const download: Step<DownloadAction> = async (step, context, signal) => {
  const source = step.log_source === '' ? context.source : step.log_source;
  const { artifact, from, to, user } = step;
  const note = (text: string): void => {
    if (artifact !== '') context.say(source, text);
  };
  const fail = (what: string, code: string, error: unknown): Failed => {
    const text = `${what}: ${errorText(error)}`;
    context.say(source, text.length > LOGGED_MAX ? `${text.slice(0, LOGGED_MAX)} (error truncated)` : text);
    return { kind: 'failed', text, shown: text, code };
  };
  const named = artifact === '' ? '' : ` ${artifact}`;
  const leave = await context.transfers.slot('download', signal);
  let file: LocalFile | undefined;
  try {
    note(`Downloading ${artifact}...`);
    try {
      const { checksum_algorithm: checksumAlgorithm, checksum_value: checksumValue, cache_key: cacheKey } = step;
      file = await context.transfers.download({ url: from, cacheKey, checksumAlgorithm, checksumValue }, signal);
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      return fail(`Downloading${named} failed`, 'download_failed', error);
    }
    note(file.cached ? `Downloaded ${artifact}` : `Downloaded ${artifact} (${formatBytes(file.sizeBytes)})`);
    try {
      await context.files.unpack(file, to, user, signal);
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      return fail(`Copying${named} into the container failed`, 'copy_failed', error);
    }
    return { kind: 'succeeded' };
  } finally {
    leave();
    await file?.release();
  }
};
