import { type Command, Option } from 'commander';
import { INTERRUPT_MODES } from '../../client/contexts.ts';
import type { Task } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { eventView, type Further, jsonView } from '../event-view.ts';
import { EXIT, exitOfTask } from '../exit-code.ts';
import { follow, type InterruptMode, interruptMode, type View } from '../follow.ts';
import { printOne } from '../output.ts';
import { heartbeatOf, Progress } from '../progress.ts';
import { modeForm, type TimelineMode, timelineView } from '../timeline-view.ts';

export interface AttachFlags {
  readonly onInterrupt?: InterruptMode;
  readonly heartbeat?: string;
  readonly from?: string;
  readonly event?: boolean;
  readonly debug?: boolean;
  readonly runtime?: boolean;
  readonly cpi?: boolean;
  readonly result?: boolean;
}

export function addAttach(task: Command, cli: Cli): void {
  const join = attachOptions(
    task
      .command('attach <id>')
      .alias('join')
      .description('join a task: what happened so far, then what happens; a finished one is shown and left'),
  );
  examples(join, 'gavel task attach 766', 'gavel task 766 --result');
  handle<AttachFlags>(cli, join, async (context, [id = ''], flags) => await attach(context, id, flags));
}

const FURTHER_MS = 2_000;

export function attachOptions(command: Command): Command {
  return command
    .option('--event', 'stages with their times, and the output in between (this is what happens without a mode)')
    .option('--debug', 'every message between BBS, auctioneer and cell that touched it, and what they did')
    .option('--runtime', 'every call of the container engine and what it answered (also --cpi)')
    .addOption(new Option('--cpi', 'the same as --runtime').hideHelp())
    .option('--result', 'only the result, as it is, once it is there')
    .option('--from <place>', 'start; now: only what comes; or behind a line: its sequence number')
    .option('--heartbeat <span>', 'how often to say that it still goes on, where no terminal is (30s; 0: never)')
    .addOption(new Option('--on-interrupt <what>', 'at Ctrl-C').choices(INTERRUPT_MODES));
}

export async function attach(context: Context, id: string, flags: AttachFlags): Promise<number> {
  const handle = context.client().task(id);
  const mode = interruptMode(context, flags.onInterrupt);
  const progress = new Progress(context, { heartbeatMs: heartbeatOf(flags.heartbeat), line: flags.result === true });
  const programs = context.format === 'json' || context.format === 'jsonl';
  const inner = modeOf(flags);
  const timeline = inner === undefined ? undefined : timelineView(context, handle, modeForm(context, inner));
  const plain = programs ? jsonView(context) : eventView(context, furtherOf(context));
  const view = timeline ?? (flags.result === true ? SILENT : plain);
  try {
    const from = view === timeline || view === SILENT ? 'nothing' : placeOf(flags.from);
    const followed = await follow(context, handle, progress.around(view), mode, from);
    if (followed.kind === 'detached') return followed.exit;
    return flags.result === true ? await giveResult(context, followed.task) : exitOfTask(followed.task);
  } finally {
    timeline?.stop();
    progress.stop();
  }
}

/** Stages that only the timeline knows. The view does not wait long for them, and is no worse without. */
function furtherOf(context: Context): Further {
  return async (guid) => {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(FURTHER_MS)]);
    const timeline = await context
      .client()
      .task(guid)
      .timeline({ signal })
      .catch(() => undefined);
    return timeline?.events ?? [];
  };
}

/** @throws DomainError `invalid_argument` for two modes at once. */
function modeOf({ event, debug, runtime, cpi, result }: AttachFlags): TimelineMode | undefined {
  const inner = [
    ...(debug === true ? ['debug' as const] : []),
    ...(runtime === true || cpi === true ? ['runtime' as const] : []),
  ];
  const outer = [event, result].filter((flag) => flag === true).length;
  if (inner.length + outer > 1) {
    throw new DomainError('invalid_argument', 'give one of --event, --debug, --runtime and --result');
  }
  return inner[0];
}

const SILENT: View = { event: async () => {}, log: async () => {} };

/** From where on lines are shown: all, only those to come, or those behind a sequence number. */
function placeOf(text: string | undefined): number | 'now' {
  if (text === undefined || text === 'start') return 0;
  if (text === 'now') return 'now';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DomainError('invalid_argument', `--from: give start, now, or the sequence number of a line; it is ${text}`);
}

/** The result as it is, nothing more. */
export async function giveResult(context: Context, task: Task): Promise<number> {
  if (task.failed) context.say(`task ${task.number} has no result: ${task.failure_reason}`);
  else if (context.machineReadable || context.format === 'template') {
    const { task_guid, number, result, result_bytes, result_truncated } = task;
    const about = { schema: 'task-result/v1', kind: 'task-result' };
    await printOne(context, { ...about, task_guid, number, result, result_bytes, result_truncated }, task_guid, '');
  } else await context.give('stdout', Buffer.from(task.result));
  if (task.result_truncated) context.say(`the result is cut: the file has ${task.result_bytes} bytes`);
  return task.failed ? exitOfTask(task) : EXIT.ok;
}
