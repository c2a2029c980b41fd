import { createInterface } from 'node:readline';
import { DomainError } from '../domain/errors.ts';
import type { Context } from './context.ts';

/** Whether a person can be asked: both ends are terminals, and nobody said not to. */
export function canAsk(context: Context): boolean {
  const { stdin, stderr } = context.io;
  return stdin.isTTY === true && stderr.isTTY === true && context.flags.input !== false;
}

/** The answer to a question, without its line end; undefined when there is none (closed input, Ctrl-C). */
export function ask(context: Context, question: string, signal?: AbortSignal): Promise<string | undefined> {
  const { stdin, stderr } = context.io;
  context.line.hide();
  return new Promise((resolve) => {
    const lines = createInterface({ input: stdin, output: stderr, terminal: false });
    const done = (answer: string | undefined) => {
      // First, because closing says "no answer" at once.
      resolve(answer);
      signal?.removeEventListener('abort', giveUp);
      lines.close();
    };
    const giveUp = () => done(undefined);
    signal?.addEventListener('abort', giveUp, { once: true });
    lines.once('close', giveUp);
    lines.question(question, done);
  });
}

const MANY = 10;

/**
 * The question before something is ended or removed. The default is the harmless answer; more than ten things want their count
 * typed, and so do those that nobody named one by one (`selected`).
 * @throws DomainError `invalid_argument` when nobody can be asked and -y was not given.
 */
export async function confirm(
  context: Context,
  deed: string,
  ids: readonly string[],
  selected = false,
  noun = 'task',
): Promise<boolean> {
  if (context.flags.yes === true) return true;
  if (!canAsk(context)) {
    throw new DomainError(
      'invalid_argument',
      `about to ${deed} ${ids.length === 1 ? `a ${noun}` : `${ids.length} ${noun}s`}, and nobody can be asked; add -y to do it`,
    );
  }
  const { stderr } = context.io;
  const shown = ids.slice(0, MANY).map((id) => `  - ${id}\n`);
  if (ids.length > MANY || selected) {
    const tasks = ids.length === 1 ? `1 ${noun}` : `${ids.length} ${noun}s`;
    const rest = ids.length > MANY ? `  ... and ${ids.length - MANY} more\n` : '';
    const named = selected ? `:\n${shown.join('')}${rest}` : '.\n';
    stderr.write(`You are about to ${deed} ${tasks}${named}`);
    const answer = await ask(context, 'Type their number to proceed: ', context.signal);
    return answer?.trim() === String(ids.length);
  }
  stderr.write(`You are about to ${deed} the following ${noun}s:\n${shown.join('')}`);
  const answer = await ask(context, 'Are you sure you want to proceed (y/[N])? ', context.signal);
  return ['y', 'yes'].includes((answer ?? '').trim().toLowerCase());
}

/** The question before what cannot be taken back: their number is to be typed. @throws as `confirm`. */
export async function confirmCount(context: Context, deed: string, count: number): Promise<boolean> {
  if (context.flags.yes === true) return true;
  if (!canAsk(context))
    throw new DomainError('invalid_argument', `about to ${deed}, and nobody can be asked; add -y to do it`);
  context.io.stderr.write(`You are about to ${deed}.\n`);
  const answer = await ask(context, 'Type their number to proceed: ', context.signal);
  return answer?.trim() === String(count);
}
