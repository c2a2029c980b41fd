import type { Action } from '../../../src/domain/action.ts';
import { errorText } from '../../../src/domain/errors.ts';
import { codependent } from './codependent.ts';
import { download } from './download.ts';
import { emitProgress } from './emit-progress.ts';
import { parallel } from './parallel.ts';
import { run } from './run.ts';
import { serial } from './serial.ts';
import type { Perform, StepContext, StepResult } from './step.ts';
import { timeout } from './timeout.ts';
import { tryStep } from './try.ts';
import { upload } from './upload.ts';

/** Runs one action of any kind, and by way of the context everything inside it. */
export const perform: Perform = async (action, outer, signal) => {
  const context = { ...outer, path: `${outer.path}.${Object.keys(action)[0] ?? ''}` };
  context.observe?.({ type: 'began', path: context.path });
  const result = await dispatch(action, context, signal).catch((error: unknown): StepResult => {
    if (signal.aborted) return { kind: 'cancelled' };
    // What a step did not foresee is ours to answer for: an engine that is away, a disk that is full.
    return { kind: 'failed', text: errorText(error), code: 'step_broke', infra: true };
  });
  context.observe?.({ type: 'ended', path: context.path, result });
  return result;
};

async function dispatch(action: Action, context: StepContext, signal: AbortSignal): Promise<StepResult> {
  if ('run' in action) return await run(action.run, context, signal);
  if ('download' in action) return await download(action.download, context, signal);
  if ('upload' in action) return await upload(action.upload, context, signal);
  if ('timeout' in action) return await timeout(action.timeout, context, signal);
  if ('emit_progress' in action) return await emitProgress(action.emit_progress, context, signal);
  if ('try' in action) return await tryStep(action.try, context, signal);
  if ('parallel' in action) return await parallel(action.parallel, context, signal);
  if ('serial' in action) return await serial(action.serial, context, signal);
  return await codependent(action.codependent, context, signal);
}
