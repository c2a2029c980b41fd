import type { Command } from 'commander';
import type { Task } from '../../client/index.ts';
import { parseDuration } from '../../domain/duration.ts';
import { DomainError, isDomainError } from '../../domain/errors.ts';
import { isStopping, stateLabel } from '../../platform/format.ts';
import { confirm } from '../ask.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { addSelectOptions, collect, type SelectFlags, selectionOf, selects } from '../selection.ts';
import { awaitStop } from '../stop-ladder.ts';
import { eachTask, idsOf, isExact, refuseEnded } from '../tasks.ts';
import { ACTIVE } from '../words.ts';

interface EndFlags extends SelectFlags {
  readonly reason?: string;
  readonly grace?: string;
  readonly wait?: string | boolean;
}

const LIMIT = 100_000;

/** `gavel cancel ID...`, `gavel cancel task ID`, `gavel task cancel ID...` */
export function addCancel(parent: Command, cli: Cli): void {
  const command = options(
    parent.command('cancel [id...]').description('end tasks politely, each by its own stop policy'),
  );
  examples(
    command,
    'gavel cancel 766',
    'gavel cancel task 766',
    'gavel cancel --state queued --domain ci --older-than 1h',
  );
  handle<EndFlags>(cli, command, async (context, args, flags) => {
    const { ids, selected } = await targets(context, args, flags);
    // One task named exactly needs no question; the beginning of a guid might be another task tomorrow.
    const vague = selected ? ids : await vagueGuids(context, ids);
    if (vague.length > 0 && !(await confirm(context, 'cancel', vague, selected))) return declined(context);
    return await eachTask(context, ids, async (id, answers) => {
      const since = performance.now();
      const task = await find(context, id);
      const handle = context.client().task(task.task_guid);
      const after = await handle.cancel({ ifState: ACTIVE, signal: context.signal, ...reasonOf(flags) });
      const now = isStopping(after) ? `is stopping: it waits for ${after.waiting_for}` : stateLabel(after);
      await answers.tell(after, `Task ${task.number} ${now}`);
      return await stopped(context, id, task, flags, since);
    });
  });
}

/** `gavel kill ID...`, `gavel task kill ID...`, with the question of the Inductiva client. */
export function addKill(parent: Command, cli: Cli): void {
  const command = options(
    parent.command('kill [id...]').description('end tasks for certain, at once or after a grace'),
  ).option('--grace <span>', 'time between the stop signal and the kill, such as 10s');
  examples(command, 'gavel kill 766', 'gavel tasks kill 766 767 -y', 'gavel kill 766 --wait 30s');
  handle<EndFlags>(cli, command, async (context, args, flags) => {
    const graceMs = flags.grace === undefined ? undefined : parseDuration(flags.grace);
    if (flags.grace !== undefined && graceMs === undefined) {
      throw new DomainError('invalid_argument', `--grace: ${flags.grace} is no time span, for example 10s`);
    }
    const { ids, selected } = await targets(context, args, flags);
    if (ids.length === 0 || !(await confirm(context, 'kill', ids, selected))) return declined(context);
    return await eachTask(context, ids, async (id, answers) => {
      const since = performance.now();
      const task = await find(context, id);
      const grace = graceMs === undefined ? {} : { graceMs };
      const handle = context.client().task(task.task_guid);
      const answer = await handle.kill({ signal: context.signal, ...grace, ...reasonOf(flags) });
      const killed = await handle.info(context.signal);
      if (answer === 'already-finished') refuseEnded(killed);
      await answers.tell(killed, `Successfully sent kill request for task ${id}.`);
      return await stopped(context, id, task, flags, since);
    });
  });
}

function options(command: Command): Command {
  return addSelectOptions(command)
    .option('--all', 'all active tasks')
    .option('--reason <text>', 'why; shown on the task')
    .option('--wait [span]', 'until the container is gone, at most so long (exit code 124)');
}

/** The tasks named, or those that the filter flags select among the active ones. */
async function targets(
  context: Context,
  args: readonly string[],
  flags: EndFlags,
): Promise<{ readonly ids: readonly string[]; readonly selected: boolean }> {
  // `--wait 766`: what stands behind --wait may be the task.
  const strayed = args.length === 0 && typeof flags.wait === 'string' && !/[a-z]$/.test(flags.wait) ? [flags.wait] : [];
  const wanted = selects(flags) || flags.all === true;
  if (!wanted) return { ids: idsOf([...args, ...strayed]), selected: false };
  if (args.length > 0) throw new DomainError('invalid_argument', 'give tasks, or flags that select them, not both');
  const selection = selectionOf(flags, ['active']);
  const active = { ...selection, request: { ...selection.request, states: ACTIVE }, finished: false };
  const found = await collect(context, active, LIMIT);
  const ids = found.tasks.filter((task) => ACTIVE.includes(task.state)).map((task) => task.task_guid);
  if (ids.length === 0) context.say('no active task matches');
  return { ids, selected: true };
}

async function find(context: Context, id: string): Promise<Task> {
  const task = await context.client().tasks.get(id, context.signal);
  refuseEnded(task);
  return task;
}

async function stopped(context: Context, id: string, before: Task, flags: EndFlags, since: number): Promise<number> {
  if (flags.wait === undefined || flags.wait === false) return EXIT.ok;
  const span = typeof flags.wait === 'string' && flags.wait !== id ? flags.wait : undefined;
  const boundMs = span === undefined ? undefined : parseDuration(span);
  if (span !== undefined && boundMs === undefined) {
    throw new DomainError('invalid_argument', `--wait: ${span} is no time span, for example 30s`);
  }
  const handle = context.client().task(before.task_guid);
  return (await awaitStop(context, handle, before, { since, boundMs })) ? EXIT.ok : EXIT.late;
}

function reasonOf({ reason }: EndFlags): { readonly reason?: string } {
  return reason === undefined ? {} : { reason };
}

function declined(context: Context): number {
  context.say('nothing was done');
  return EXIT.ok;
}

/** The guids behind ids that do not say exactly which task is meant. What is not found is told later, each on its own. */
async function vagueGuids(context: Context, ids: readonly string[]): Promise<readonly string[]> {
  const vague: string[] = [];
  for (const id of ids) {
    try {
      const task = await context.client().tasks.get(id, context.signal);
      if (!isExact(id, task)) vague.push(task.task_guid);
    } catch (error) {
      if (!isDomainError(error, 'not_found')) throw error;
    }
  }
  return vague;
}
