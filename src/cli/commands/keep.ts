import type { Command } from 'commander';
import { msToNanos, parseDuration } from '../../domain/duration.ts';
import { DomainError, type FieldFault } from '../../domain/errors.ts';
import { rfc3339 } from '../../platform/format.ts';
import { confirmCount } from '../ask.ts';
import { type Cli, examples, handle } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { printOne, taskObject } from '../output.ts';
import { eachTask, idsOf } from '../tasks.ts';

/* What people add to tasks, and which of them history keeps. */

/** `gavel tasks annotate ID NAME=VALUE... NAME-` */
export function addAnnotate(task: Command, cli: Cli): void {
  const command = task
    .command('annotate <id> [change...]')
    .description(
      'change labels and annotation of a task while it is live: NAME=VALUE sets a label, NAME- takes it away',
    )
    .option('--annotation <text>', 'the annotation in place of what it was')
    .addHelpText('after', '\nIn any state, until the task has left the live set: history is sealed.');
  examples(
    command,
    'gavel tasks annotate 766 team=payments urgent-',
    "gavel tasks annotate 766 --annotation 'see #42'",
  );
  handle<{ readonly annotation?: string }>(cli, command, async (context, [id = '', ...changes], { annotation }) => {
    const faults: FieldFault[] = [];
    const labels: Record<string, string> = {};
    const removeLabels: string[] = [];
    for (const change of changes) {
      const at = change.indexOf('=');
      if (at > 0) labels[change.slice(0, at)] = change.slice(at + 1);
      else if (at < 0 && change.length > 1 && change.endsWith('-')) removeLabels.push(change.slice(0, -1));
      else faults.push({ field: change, message: 'must be NAME=VALUE, or NAME- to take a label away' });
    }
    if (changes.length === 0 && annotation === undefined)
      faults.push({ field: 'change', message: 'give NAME=VALUE, NAME- or --annotation' });
    if (faults.length > 0) throw new DomainError('invalid_argument', 'nothing was changed', { faults });
    const found = await context.client().tasks.get(id, context.signal);
    const text = annotation === undefined ? {} : { annotation };
    const options = { labels, removeLabels, ...text, signal: context.signal };
    const after = await context.client().task(found.task_guid).annotate(options);
    const now = Object.entries(after.labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
    await printOne(
      context,
      taskObject(after),
      after.task_guid,
      `Task ${after.number} annotated${now === '' ? '' : `: ${now}`}`,
    );
    return EXIT.ok;
  });
}

/** `gavel tasks pin ID...`, `gavel tasks unpin ID...` */
export function addPin(task: Command, cli: Cli): void {
  for (const [verb, pinned, about, text] of [
    [
      'pin',
      true,
      'have history keep tasks whatever its limits say, until they are unpinned',
      'is pinned: history keeps it',
    ],
    ['unpin', false, 'let history drop tasks again as it does others', 'is not pinned any more'],
  ] as const) {
    const command = task.command(`${verb} <id...>`).description(about);
    examples(command, `gavel tasks ${verb} 766`);
    handle(
      cli,
      command,
      async (context, args) =>
        await eachTask(context, idsOf(args), async (id, answers) => {
          const found = await context.client().tasks.get(id, context.signal);
          // By number: of a guid that lives again the one that was found is meant.
          const handle = context.client().task(found.number);
          await (pinned ? handle.pin(context.signal) : handle.unpin(context.signal));
          await answers.tell(found, `Task ${found.number} ${text}`);
          return EXIT.ok;
        }),
    );
  }
}

interface PurgeFlags {
  readonly olderThan: string;
  readonly domain?: string;
}

/** `gavel history purge --older-than 90d` */
export function addPurge(history: Command, cli: Cli): void {
  const command = history
    .command('purge')
    .description(
      'drop the records of tasks that were resolved longer ago than this, but pinned ones; asks for their number',
    )
    .requiredOption('--older-than <span>', 'such as 90d')
    .option('--domain <name>', 'only of this domain');
  examples(command, 'gavel history purge --older-than 90d', 'gavel history purge --older-than 7d --domain ci -y');
  handle<PurgeFlags>(cli, command, async (context, _args, { olderThan, domain }) => {
    const ms = parseDuration(olderThan);
    if (ms === undefined)
      throw new DomainError('invalid_argument', `--older-than: ${olderThan} is no time span, for example 90d`);
    const { history: records } = context.client();
    const before = msToNanos(Date.now() - ms);
    const which = { before, signal: context.signal, ...(domain === undefined ? {} : { domain }) };
    const found = await records.purge({ ...which, dryRun: true });
    const { records: old } = found;
    if (
      old > 0 &&
      !(await confirmCount(context, `drop ${old} ${old === 1 ? 'record' : 'records'} of history for good`, old))
    ) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    const done = old === 0 ? found : await records.purge(which);
    const about = { before, before_rfc3339: rfc3339(before), domain: domain ?? '', ...done };
    const kept = done.pinned === 0 ? '' : `; ${done.pinned} pinned ${done.pinned === 1 ? 'one is' : 'ones are'} kept`;
    const text =
      done.records === 0
        ? 'No record was dropped'
        : `Dropped ${done.records} ${done.records === 1 ? 'record' : 'records'}`;
    await printOne(context, { schema: 'purge/v1', kind: 'purge', ...about }, String(done.records), `${text}${kept}.`);
    return EXIT.ok;
  });
}
