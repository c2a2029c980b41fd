import type { UploadAction } from '../../../src/domain/action.ts';
import { errorText } from '../../../src/domain/errors.ts';
import { formatBytes } from '../transfers/bytes.ts';
import type { Failed, LocalFile, Step } from './step.ts';

/** Takes one file out of the container and posts it. */
export const upload: Step<UploadAction> = async (step, context, signal) => {
  const source = step.log_source === '' ? context.source : step.log_source;
  const { artifact, from, to, user } = step;
  const note = (text: string): void => {
    if (artifact !== '') context.say(source, text);
  };
  const leave = await context.transfers.slot('upload', signal);
  let file: LocalFile | undefined;
  try {
    note(`Uploading ${artifact}...`);
    // The URL may carry credentials, so it is in none of these texts.
    if (!URL.canParse(to)) {
      note(`Failed to parse URL for ${artifact}`);
      return failed('Failed to parse URL');
    }
    try {
      file = await context.files.takeOut(from, user, signal);
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      const text = errorText(error);
      note(text);
      return failed(text);
    }
    try {
      await context.transfers.upload(file, to, signal);
    } catch (error) {
      if (signal.aborted) return { kind: 'cancelled' };
      note(`Failed to upload payload for ${artifact}`);
      return failed(errorText(error));
    }
    note(`Uploaded ${artifact} (${formatBytes(file.sizeBytes)})`);
    return { kind: 'succeeded' };
  } finally {
    leave();
    await file?.release();
  }
};

function failed(text: string): Failed {
  return { kind: 'failed', text, shown: text, code: 'upload_failed' };
}
