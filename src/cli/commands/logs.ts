import type { Command } from 'commander';
import type { LogEntry } from '../../client/index.ts';
import { DomainError, errorText } from '../../domain/errors.ts';
import { timeText } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { gapText, logObject } from '../event-view.ts';
import { inOrderOfTime, tasksOfLogGuid } from '../log-guid.ts';
import { momentOf } from '../times.ts';
import { count } from './list.ts';

interface LogFlags {
  readonly follow?: boolean;
  readonly lines?: string;
  readonly since?: string;
  readonly stdout?: boolean;
  readonly stderr?: boolean;
  readonly source?: string;
  readonly logGuid?: string;
  readonly timestamps?: boolean;
}

export function addLogs(program: Command, cli: Cli): void {
  const command = program
    .command('logs [id]')
    .description("a task's output: its stdout on stdout, its stderr on stderr")
    .option('-f, --follow', 'go on as lines are written, until the task ends')
    .option('-n, --lines <number>', 'only the last so many lines (and what follows with -f)')
    .option('--since <time>', 'only lines written since then: 5m (ago), or a time; by the clock of the cell')
    .option('--stdout', 'only stdout')
    .option('--stderr', 'only stderr')
    .option('--source <name>', 'only of this source')
    .option('--log-guid <guid>', 'of all tasks that name this log_guid, as one stream')
    .option('--timestamps', 'time, stream and source before each line');
  examples(
    command,
    'gavel logs 766 -f',
    'gavel logs 766 -n 100 --stderr',
    'gavel logs 766 --since 5m',
    'gavel logs --log-guid app-1 -f',
  );
  handle<LogFlags>(cli, command, async (context, [id], flags) => {
    if (flags.logGuid !== undefined) return await showLogGuid(context, flags.logGuid, id, flags);
    if (id === undefined)
      throw new DomainError('invalid_argument', 'which task? Give its guid, its number, or the beginning of its guid');
    const last = flags.lines === undefined ? undefined : count(flags.lines, '--lines');
    const task = await context.client().tasks.get(id, context.signal);
    const handle = context.client().task(task.task_guid);
    const filter = filterOf(context, flags);
    const show = shower(context, flags.timestamps === true);
    let after = 0;
    if (last !== undefined) {
      // What there is, of which the end is kept; then on from there.
      const tail: LogEntry[] = [];
      for await (const entry of handle.logs(filter)) {
        if (entry.type === 'line') after = entry.sequence;
        if (entry.type !== 'end') tail.push(entry);
        if (tail.length > last) tail.shift();
      }
      for (const entry of tail) await show(entry);
      if (flags.follow !== true) return undefined;
    }
    for await (const entry of handle.logs({ ...filter, follow: flags.follow ?? false, afterSequence: after }))
      await show(entry);
    return undefined;
  });
}

async function showLogGuid(
  context: Context,
  guid: string,
  id: string | undefined,
  flags: LogFlags,
): Promise<undefined> {
  if (id !== undefined || flags.lines !== undefined) {
    throw new DomainError('invalid_argument', `--log-guid goes with neither ${id === undefined ? '-n' : 'an id'}`);
  }
  const options = { ...filterOf(context, flags), follow: flags.follow ?? false };
  const tasks = await tasksOfLogGuid(context, guid);
  if (tasks.length === 0) throw new DomainError('not_found', `no task has the log_guid ${guid}`);
  const show = shower(context, flags.timestamps === true);
  const streams = tasks.map(({ task_guid }) =>
    spoken(context, task_guid, context.client().task(task_guid).logs(options)),
  );
  // What comes while it is read comes in its own order.
  const merged = flags.follow === true ? streams : [inOrderOfTime(streams)];
  await Promise.all(
    merged.map(async (stream) => {
      for await (const entry of stream) await show(entry);
    }),
  );
  return undefined;
}

/** Without the end, for others go on; what is not to be had is told, and keeps nobody from the rest. */
async function* spoken(context: Context, guid: string, entries: AsyncIterable<LogEntry>): AsyncGenerator<LogEntry> {
  try {
    for await (const entry of entries) {
      if (entry.type !== 'end') yield entry;
      else if (entry.reason !== '') context.say(`${guid}: ${entry.reason}`);
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.complain(`${guid}: ${errorText(error)}`);
  }
}

function filterOf(context: Context, flags: LogFlags) {
  const only = streamOf(flags);
  return {
    signal: context.signal,
    ...(only === undefined ? {} : { stream: only }),
    ...(flags.source === undefined ? {} : { source: flags.source }),
    ...(flags.since === undefined ? {} : { since: momentOf(flags.since, '--since', Date.now()) }),
  };
}

function streamOf({ stdout, stderr }: LogFlags): 'stdout' | 'stderr' | undefined {
  if (stdout === true && stderr === true)
    throw new DomainError('invalid_argument', 'give --stdout or --stderr; without either, both are shown');
  if (stdout === true) return 'stdout';
  return stderr === true ? 'stderr' : undefined;
}

function shower(context: Context, timestamps: boolean): (entry: LogEntry) => Promise<void> {
  return async (entry) => {
    if (context.machineReadable) return await context.print(toJson(logObject(entry)));
    if (entry.type === 'gap') return context.say(gapText(entry));
    if (entry.type === 'end')
      return entry.reason === ''
        ? undefined
        : context.say(`the output ends here although the task goes on: ${entry.reason}`);
    const before = timestamps
      ? `${timeText(entry.time, context.flags.local)} ${entry.stream} ${entry.source || '-'} `
      : '';
    const after = entry.newline ? '\n' : '';
    // The bytes as they are: they may be no text at all.
    await context.give(
      entry.stream === 'stdout' ? 'stdout' : 'stderr',
      Buffer.concat([Buffer.from(before), entry.text, Buffer.from(after)]),
    );
  };
}
