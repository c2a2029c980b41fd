import type { Command } from 'commander';
import type { Domain } from '../../client/index.ts';
import { formatGoDuration, parseDuration } from '../../domain/duration.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { pairsText, printList, printOne } from '../output.ts';

interface SetFlags {
  readonly retention?: string;
  readonly maxPending?: string;
}

/** `gavel domains`: what lives in each, and what operators set for them. */
export function addDomains(program: Command, cli: Cli): void {
  const domains = program
    .command('domains')
    .description('list the domains, with their live tasks and what is set for them');
  handle(cli, domains, async (context) => await listDomains(context));
  const ls = domains.command('ls').alias('list').description('list them');
  handle(cli, ls, async (context) => await listDomains(context));

  const show = domains.command('show <domain>').description('one domain: live tasks by state, retention, limit');
  handle(cli, show, async (context, [name = '']) => {
    const domain = await context.client().domains.get(name, context.signal);
    await printOne(context, domainObject(domain), name, domainText(domain));
    return undefined;
  });

  const set = domains
    .command('set <domain>')
    .description('set how long history keeps records of a domain, and how many of its tasks may wait')
    .option('--retention <span>', 'such as 30d, a minute or more; 0 = as long as those of all others')
    .option('--max-pending <n>', 'more that would wait are refused; 0 = any number')
    .addHelpText('after', '\nFor operators. What is left out stays as it is. Pinned records are kept all the same.');
  examples(set, 'gavel domains set ci --retention 7d', 'gavel domains set ci --max-pending 500');
  handle<SetFlags>(cli, set, async (context, [name = ''], { retention, maxPending }) => {
    const retentionMs = retention === undefined ? undefined : parseDuration(retention);
    if (retention !== undefined && retentionMs === undefined)
      throw new DomainError('invalid_argument', `--retention: ${retention} is no time span, for example 30d`);
    if (maxPending !== undefined && !/^\d{1,8}$/.test(maxPending))
      throw new DomainError('invalid_argument', `--max-pending: ${maxPending} is no whole number`);
    if (retention === undefined && maxPending === undefined)
      throw new DomainError('invalid_argument', 'give --retention or --max-pending; nothing is to be changed');
    const most = maxPending === undefined ? undefined : Number(maxPending);
    const settings = { retentionMs, maxPending: most, signal: context.signal };
    const domain = await context.client().domains.set(name, settings);
    await printOne(context, domainObject(domain), name, domainText(domain));
    return undefined;
  });
}

async function listDomains(context: Context): Promise<undefined> {
  const domains = await context.client().domains.list(context.signal);
  await printList(context, {
    kind: 'domain',
    items: domains,
    columns: COLUMNS,
    toObject: domainObject,
    name: ({ domain }) => domain,
    footer: `${domains.length} ${domains.length === 1 ? 'domain' : 'domains'}`,
  });
  return undefined;
}

const COLUMNS: readonly Column<Domain>[] = [
  { title: 'Domain', whole: true, value: ({ domain }) => domain },
  { title: 'Pending', value: pendingText },
  { title: 'Claimed', value: ({ tasks }) => String(tasks.CLAIMED) },
  { title: 'Running', value: ({ tasks }) => String(tasks.RUNNING) },
  { title: 'Completed', value: ({ tasks }) => String(tasks.COMPLETED + tasks.RESOLVING) },
  { title: 'Retention', value: retentionText },
];

function pendingText({ tasks, max_pending }: Domain): string {
  return max_pending === 0 ? String(tasks.PENDING) : `${tasks.PENDING} of ${max_pending}`;
}

function retentionText({ retention, retention_in_force }: Domain): string {
  const ms = parseDuration(retention_in_force) ?? 0;
  const text = ms % 86_400_000 === 0 ? `${ms / 86_400_000}d` : formatGoDuration(ms);
  return retention === null ? text : `${text} (set)`;
}

function domainText(domain: Domain): string {
  const { tasks } = domain;
  return pairsText([
    [['Domain', domain.domain]],
    [
      ['Pending', pendingText(domain)],
      ['Claimed', String(tasks.CLAIMED)],
      ['Running', String(tasks.RUNNING)],
      ['Completed', String(tasks.COMPLETED)],
      ['Resolving', String(tasks.RESOLVING)],
    ],
    [['Retention', retentionText(domain)]],
  ]);
}

function domainObject(domain: Domain): object {
  return { schema: 'domain/v1', kind: 'domain', ...domain };
}
