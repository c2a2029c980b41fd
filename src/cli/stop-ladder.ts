import type { Task, TaskHandle } from '../client/index.ts';
import { DomainError, errorText, isDomainError } from '../domain/errors.ts';
import { stateLabel } from '../platform/format.ts';
import type { Context } from './context.ts';
import { gapText } from './event-view.ts';

/**
 * What happens between the request and the container's end, step by step. The record says "cancelled" as soon as that is
 * certain; the end of the output says that nothing runs any more.
 * @returns false when the time was over first.
 */
export async function awaitStop(
  context: Context,
  handle: TaskHandle,
  before: Task,
  options: { readonly since: number; readonly boundMs: number | undefined },
): Promise<boolean> {
  const name = `task ${before.number}`;
  const spent = () => `${((performance.now() - options.since) / 1_000).toFixed(1)}s`;
  const late = new AbortController();
  const timer =
    options.boundMs === undefined
      ? undefined
      : setTimeout(() => late.abort(new DomainError('deadline', 'late')), options.boundMs);
  const signal = AbortSignal.any([context.signal, late.signal]);
  try {
    context.say(`${name}: stop requested`);
    const task = await handle.wait({ signal });
    context.say(`${name}: ${stateLabel(task)} after ${spent()}${before.cell_id === '' ? '; it had no container' : ''}`);
    if (before.cell_id !== '' && before.state !== 'PENDING') await outputEnd(context, handle, name, signal);
    const stopped = `Task ${handle.id} stopped after ${spent()}`;
    // For programs the answer is the record, which has been told.
    if (context.machineReadable || context.format === 'name') context.say(stopped);
    else await context.print(stopped);
    return true;
  } catch (error) {
    if (!late.signal.aborted || context.signal.aborted) throw error;
    context.complain(`${name} has not stopped after ${spent()}; the request stands`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** The last lines, and the end mark: the cell gives it when the container's streams are at their end. */
async function outputEnd(context: Context, handle: TaskHandle, name: string, signal: AbortSignal): Promise<void> {
  try {
    for await (const entry of handle.logs({ follow: true, signal })) {
      if (entry.type === 'gap') context.say(`${name}: ${gapText(entry)}`);
      if (entry.type === 'line' && entry.stream === 'system') context.say(`${name}: ${entry.text.toString('utf8')}`);
      if (entry.type === 'end' && entry.reason !== '')
        context.say(`${name}: its cell cannot be asked: ${entry.reason}`);
    }
    context.say(`${name}: its container is gone`);
  } catch (error) {
    if (signal.aborted || isDomainError(error, 'cancelled')) throw error;
    context.say(`${name}: its cell cannot be asked whether the container is gone: ${errorText(error)}`);
  }
}
