import { errorText } from '../../src/domain/errors.ts';
import { formatSize } from '../../src/platform/size.ts';
import type { Attempt } from './attempt.ts';
import type { RepContext } from './context.ts';
import { mark } from './events.ts';

/**
 * Archives what the run left behind, before anybody hears that it is over. Bounded in time and size by the store; what could not be
 * kept is said there, and costs the task nothing. Tasks that name no outputs have theirs made of the log when somebody asks.
 */
export async function sealOutputs(rep: RepContext, attempt: Attempt): Promise<void> {
  const { container, terms, guid, spool } = attempt;
  if (terms.outputs.length === 0 || container === undefined) return;
  const source = { runtime: rep.runtime, container, paths: terms.outputs };
  try {
    const sealed = await rep.outputs.seal({ guid, attempt: attempt.attempt, spool, source }, rep.leaving);
    const { files, totalBytes, archiveBytes, notes } = sealed;
    const text = `${files.length} files, ${formatSize(totalBytes)}, archived as ${formatSize(archiveBytes)}`;
    const data = { files: String(files.length), bytes: String(totalBytes), archive_bytes: String(archiveBytes) };
    const left = notes.length === 0 ? {} : { cause: notes.slice(0, 3).join('; ').slice(0, 300) };
    mark(rep, attempt, 'outputs', 'outputs_archived', text, { ...left, data });
  } catch (error) {
    rep.leaving.throwIfAborted();
    const text = errorText(error);
    rep.log.error({ guid, error: text }, 'outputs.not-kept');
    mark(rep, attempt, 'outputs', 'outputs_failed', `the outputs could not be kept: ${text}`);
  }
}
