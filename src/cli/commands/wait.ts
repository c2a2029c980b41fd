import type { Command } from 'commander';
import type { Task, WaitCondition } from '../../client/index.ts';
import { errorText, isDomainError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/task.ts';
import { stateWord } from '../../platform/format.ts';
import { type Cli, examples, gatherList, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, exitOfError, exitOfTask, propagatedExit, worstExit } from '../exit-code.ts';
import { Answers } from '../output.ts';
import { heartbeatOf, Progress } from '../progress.ts';
import { idsOf } from '../tasks.ts';
import { conditionsOf } from '../words.ts';

interface WaitFlags {
  readonly for?: readonly string[];
  readonly any?: boolean;
  readonly propagate?: boolean;
  readonly heartbeat?: string;
}

/** `gavel wait ID...`, `gavel task wait ID...` */
export function addWait(parent: Command, cli: Cli): void {
  const command = parent
    .command('wait <id...>')
    .description('wait until all these tasks have ended; the exit code tells the worst outcome')
    .option(
      '--for <cond>',
      'until each has reached one of: running, succeeded, failed, ... (exit code 0 then)',
      gatherList,
    )
    .option('--any', 'until the first of them has')
    .option('--propagate', "exit with the task's own exit code")
    .option('--heartbeat <span>', 'how often to say that we still wait, where no terminal is (30s; 0: never)')
    .addHelpText('after', '\nWith --timeout it gives up after that time (exit code 124); the tasks go on.');
  examples(command, 'gavel wait 766 767 --timeout 10m', 'gavel wait 766 --for running', 'gavel wait 766 767 --any');
  handle<WaitFlags>(cli, command, async (context, args, flags) => {
    const until = flags.for === undefined ? undefined : conditionsOf(flags.for);
    const ids = idsOf(args);
    const enough = new AbortController();
    const progress = new Progress(context, { heartbeatMs: heartbeatOf(flags.heartbeat), line: true });
    const answers = new Answers(context, ids.length);
    try {
      const waits = ids.map(async (id) => {
        const code = await waitOne(context, id, {
          until,
          flags,
          progress,
          enough: enough.signal,
          alone: ids.length === 1,
          answers,
        });
        if (flags.any === true && code !== undefined) enough.abort();
        return code;
      });
      const codes = (await Promise.all(waits)).filter((code) => code !== undefined);
      await answers.end();
      return worstExit(codes);
    } finally {
      progress.stop();
    }
  });
}

interface One {
  readonly until: readonly WaitCondition[] | undefined;
  readonly flags: WaitFlags;
  readonly progress: Progress;
  /** Another one was enough. */
  readonly enough: AbortSignal;
  readonly alone: boolean;
  readonly answers: Answers;
}

/** @returns undefined when another task was enough. */
async function waitOne(context: Context, id: string, one: One): Promise<number | undefined> {
  const { until, flags, progress, enough, alone } = one;
  const { timeoutMs } = context;
  try {
    const task = await context
      .client(false)
      .task(id)
      .wait({
        signal: AbortSignal.any([context.signal, enough]),
        onEvent: (event) => progress.saw(event.task),
        ...(until === undefined ? {} : { until }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    if (enough.aborted) return undefined;
    await one.answers.tell(task, `${id} ${stateWord(task)}`);
    return exitOf(task, one);
  } catch (error) {
    if (enough.aborted && !context.signal.aborted) return undefined;
    const late = isDomainError(error, 'deadline') && timeoutMs !== undefined;
    if (context.signal.aborted) {
      context.say(alone ? `task ${id} goes on` : 'the tasks go on');
      throw error;
    }
    const exit = late ? EXIT.late : flags.propagate === true ? EXIT.notTheTask : exitOfError(error);
    // A single task's error is told as every command's is.
    if (alone && exit === exitOfError(error)) throw error;
    context.complain(alone ? errorText(error) : `${id}: ${errorText(error)}`);
    return exit;
  }
}

function exitOf(task: Task, { until, flags }: One): number {
  if (flags.propagate === true && isTerminal(task.state)) return propagatedExit(task);
  if (until === undefined) return exitOfTask(task);
  if (until.some((condition) => reached(task, condition))) return EXIT.ok;
  // It ended without having got there.
  const code = exitOfTask(task);
  return code === EXIT.ok ? EXIT.conflict : code;
}

function reached(task: Task, condition: WaitCondition): boolean {
  if (condition === 'claimed') return task.claimed_at > 0n;
  if (condition === 'running') return task.started_at > 0n;
  return isTerminal(task.state) && (condition === 'ended' || task.outcome === condition);
}
