import { type Command, Option } from 'commander';
import { INTERRUPT_MODES } from '../../client/contexts.ts';
import type { Task, TaskEvent } from '../../client/index.ts';
import { isTerminal } from '../../domain/task.ts';
import { spanText, stateLabel } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import { type Cli, examples, gather, gatherList, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { gapText, jsonView } from '../event-view.ts';
import { exitOfTask, propagatedExit } from '../exit-code.ts';
import { follow, type InterruptMode, interruptMode, type View } from '../follow.ts';
import { printOne, taskObject } from '../output.ts';
import { heartbeatOf, Progress } from '../progress.ts';
import { type SpecFlags, specOfFlags } from '../spec-flags.ts';
import { dryRun } from './explain.ts';
import { type DryRun, dryRunOption, INPUT_HELP, submit } from './submit.ts';

interface RunFlags extends SpecFlags {
  readonly key?: string;
  readonly input?: string;
  readonly background?: boolean;
  readonly printSpec?: boolean;
  readonly onInterrupt?: InterruptMode;
  readonly propagate?: boolean;
  readonly sync?: boolean;
  readonly heartbeat?: string;
  readonly dryRun?: DryRun;
}

export function addRun(program: Command, cli: Cli): void {
  const command = program
    .command('run <image> [command...]')
    .description('run a command in a container and follow it; the exit code tells its outcome');
  examples(
    command,
    'gavel run busybox:1.36 -- echo hello',
    'gavel run docker:///org/image#tag -e A=1 --memory 128m -d -- ./job',
  );
  command.optionsGroup('Task:');
  addSpecOptions(command);
  command
    .optionsGroup('Submit:')
    .option('--key <key>', 'a repeated submit under the same key creates nothing new')
    .option('--input <dir>', INPUT_HELP)
    .addOption(dryRunOption())
    .option('--print-spec', 'print the request as JSON and stop')
    .optionsGroup('Waiting:')
    .option('-d, --background', 'print the id and return')
    .option('--propagate', "exit with the task's own exit code (125: it is not the task that failed)")
    .option('--sync', 'at Ctrl-C cancel the task (= --on-interrupt cancel)')
    .option('--heartbeat <span>', 'how often to say that it still runs, where no terminal is (30s; 0: never)')
    .addOption(new Option('--on-interrupt <what>', 'at Ctrl-C').choices(INTERRUPT_MODES));
  handle<RunFlags>(cli, command, async (context, [image = '', ...rest], flags) => {
    const { context: inUse, values } = context.settings;
    const domain = values.domain?.value;
    const spec = specOfFlags(image, rest, { ...flags, ...(domain === undefined ? {} : { domain }) }, context.io.env);
    if (flags.dryRun === 'place') return await dryRun(context, spec);
    if (flags.printSpec === true || flags.dryRun === 'spec') {
      await context.print(toJson(spec, 2));
      return undefined;
    }
    const scope = [
      ...(inUse === undefined ? [] : [`context '${inUse.value}'`]),
      ...(domain === undefined ? [] : [`domain '${domain}'`]),
    ];
    if (scope.length > 0) context.say(`Using ${scope.join(', ')}`);
    const handle = await submit(context, spec, { key: flags.key, input: flags.input });
    const { submitted } = handle;
    if (flags.background === true) {
      if (submitted !== undefined && context.machineReadable)
        await printOne(context, taskObject(submitted), handle.id, handle.id);
      else await context.print(handle.id);
      return undefined;
    }
    context.say(`Task ${handle.number} (${handle.id})`);
    const progress = new Progress(context, { heartbeatMs: heartbeatOf(flags.heartbeat), line: true });
    const view = context.format === 'jsonl' ? jsonView(context) : outputView(context, progress.redraws);
    const mode = flags.sync === true ? 'cancel' : interruptMode(context, flags.onInterrupt);
    const followed = await follow(context, handle, progress.around(view), mode);
    progress.stop();
    if (followed.kind === 'detached') return followed.exit;
    const { task } = followed;
    if (context.format === 'json' || context.format === 'yaml')
      await printOne(context, taskObject(task), task.task_guid, '');
    return flags.propagate === true ? propagatedExit(task) : exitOfTask(task);
  });
}

function addSpecOptions(command: Command): void {
  command
    .option('--name, --guid <guid>', 'guid of the task (made up if not given)')
    .option('-e, --env <name=value>', 'environment variable (NAME alone: as it is here); repeatable', gather)
    .option('--env-file <file>', 'environment variables, one NAME=VALUE a line; repeatable', gather)
    .option('--memory <size>', 'memory limit, such as 128m or 1g')
    .option('--disk <size>', 'disk limit')
    .option('--cpu-weight <1-100>', 'share of the CPU')
    .option('--max-pids <n>', 'most processes')
    .option('--stack <name>', 'stack that the cell must have')
    .option('--tag <tag>', 'placement tag that the cell must have; repeatable', gatherList)
    .option('--result-file <path>', 'file whose first 10 KB become the result')
    .option('--outputs <path>', 'file or folder to keep for: gavel task download; repeatable', gather)
    .option('--callback <url>', 'where the finished task is posted')
    .option('--domain <name>', 'domain (GAVEL_DOMAIN; else default)')
    .option('--annotation <text>', 'any text, given back as it is')
    .option('--log-guid <guid>', 'id under which lines are kept')
    .option('--log-source <name>', 'source of the lines')
    .option('--max-run-time <span>', 'longest run, such as 5m')
    .option('--placement-deadline <span>', 'longest wait for a cell')
    .option('--label <name=value>', 'label; repeatable', gather)
    .option('--user <name>', 'user inside the image')
    .option('--dir <path>', 'working directory')
    .option('--network <mode>', 'none or bridge')
    .option('--description <text>', 'what people see in lists');
}

/** The task's own streams on ours, as they are; what we have to say on stderr. */
function outputView(context: Context, quiet: boolean): View {
  // With -o json the answer is the record, so that the output gives way.
  const stdout = context.machineReadable || context.format === 'name' ? 'stderr' : 'stdout';
  return {
    // A redrawn line tells the states on the way; the end is told for good.
    event: async ({ task }: TaskEvent) => {
      if (!quiet || isTerminal(task.state)) context.say(progressText(task));
    },
    log: async (entry) => {
      if (entry.type === 'gap') context.say(gapText(entry));
      if (entry.type !== 'line') return;
      if (entry.stream === 'system') return context.say(entry.text.toString('utf8'));
      const bytes = entry.newline ? Buffer.concat([entry.text, Buffer.from('\n')]) : entry.text;
      await context.give(entry.stream === 'stdout' ? stdout : 'stderr', bytes);
    },
  };
}

function progressText(task: Task): string {
  const name = `Task ${task.number} ${stateLabel(task)}`;
  if (task.state === 'PENDING') return `${name}, waiting for ${task.waiting_for}`;
  if (!isTerminal(task.state)) return `${name} on ${task.cell_id}`;
  const code = task.exit_code === undefined ? '' : `, exit code ${task.exit_code}`;
  const why = task.failed ? `: ${task.failure_reason}` : '';
  return `${name}${code} (${spanText(task.created_at, task.first_completed_at)})${why}`;
}
