import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import type { Alert, AlertRule } from '../../client/index.ts';
import { formatGoDuration, parseDuration } from '../../domain/duration.ts';
import { DomainError, errorText } from '../../domain/errors.ts';
import { rfc3339, timeText } from '../../platform/format.ts';
import { faultsOf } from '../../platform/spec-faults.ts';
import { confirm } from '../ask.ts';
import { type Cli, examples, handle } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { printList, printOne } from '../output.ts';
import { readText } from '../spec-file.ts';
import { tellTest } from './callback-test.ts';

/** `gavel alerts`: rules of what operators want to be told of. */
export function addAlerts(program: Command, cli: Cli): void {
  const group = program
    .command('alerts')
    .description('rules of what a webhook is told of: failures, long waits, lost cells');
  const ls = group
    .command('ls', { isDefault: true })
    .alias('list')
    .description('list them, and what became of the last post of each');
  handle(cli, ls, async (context) => {
    const { local } = context.flags;
    const items = await context.client().alerts.list(context.signal);
    await printList(context, {
      kind: 'alert',
      items,
      columns: [
        { title: 'Name', whole: true, value: ({ name }) => name },
        { title: 'On', whole: true, value: onText },
        { title: 'Select', value: ({ select }) => select },
        { title: 'URL', value: ({ url }) => url },
        { title: 'Cooldown', wide: true, value: ({ cooldownMs }) => formatGoDuration(cooldownMs) },
        { title: 'Last told', whole: true, value: ({ last }) => timeText(last?.at ?? 0n, local) },
        { title: 'Of', whole: true, value: ({ last }) => (last === undefined ? '' : String(last.count)) },
        {
          title: 'Answer',
          value: ({ last }) => (last === undefined ? '' : last.status === 0 ? last.error : String(last.status)),
        },
      ],
      toObject: alertObject,
      name: ({ name }) => name,
      footer: items.length === 0 ? 'There are none. Make one with: gavel alerts put FILE' : `${items.length} of them`,
    });
    return undefined;
  });

  const put = group
    .command('put <file>')
    .description(
      'make the rules that stand in FILE, @FILE or - (stdin), as YAML or JSON, one or a list; those of the same name are replaced',
    )
    .addHelpText(
      'after',
      `
A rule:

  name: ci-failures
  on: failed             # failed, ended, waiting, callback_dead, cell_lost
  url: https://hooks.example/gavel
  select: labels.team == 'x' && outcome != 'cancelled'   # of tasks (gavel help select)
  for: 10m               # waiting (10m) and cell_lost (1m): only what lasts longer
  cooldown: 5m           # between two posts; what comes meanwhile is told together

What is posted is JSON with alert, on, at, count and the first 20 things, signed as a callback is. It is tried three times.`,
    );
  examples(put, 'gavel alerts put alerts.yaml', 'gavel alerts test ci-failures');
  handle(cli, put, async (context, [file = '']) => {
    const rules = rulesIn(await readText(file, context.io, 'the alerts'));
    const kept: Alert[] = [];
    for (const rule of rules) kept.push(await context.client().alerts.put(rule, context.signal));
    const [one] = kept;
    if (kept.length === 1 && one !== undefined)
      await printOne(context, alertObject(one), one.name, `Alert '${one.name}' is kept`);
    else
      await printList(context, {
        kind: 'alert',
        items: kept,
        columns: [{ title: 'Kept', value: ({ name }) => name }],
        toObject: alertObject,
        name: ({ name }) => name,
      });
    return undefined;
  });

  const test = group.command('test <name>').description("post a sample to the rule's URL; shows what came back");
  handle(cli, test, async (context, [name = '']) => {
    return await tellTest(context, await context.client().alerts.test(name, context.signal));
  });

  const rm = group.command('rm <name>').description('remove a rule');
  handle(cli, rm, async (context, [name = '']) => {
    if (!(await confirm(context, 'remove', [name], false, 'alert'))) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    await context.client().alerts.remove(name, context.signal);
    await printOne(
      context,
      { schema: 'alert/v1', kind: 'alert', name, removed: true },
      name,
      `Alert '${name}' is removed`,
    );
    return EXIT.ok;
  });
}

const span = z.union([z.string(), z.number()]).transform((given, context) => {
  const ms = parseDuration(String(given));
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `${given} is no time span, for example 10m` });
  return z.NEVER;
});
const rule = z.strictObject({
  name: z.string(),
  on: z.enum(['failed', 'ended', 'waiting', 'callback_dead', 'cell_lost']),
  url: z.string(),
  select: z.string().optional(),
  for: span.optional(),
  cooldown: span.optional(),
});

/** @throws DomainError `invalid_argument` with every fault. */
function rulesIn(text: string): readonly AlertRule[] {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new DomainError('invalid_argument', `the alerts cannot be read: ${errorText(error)}`);
  }
  // Of a list and of one rule the faults are told of what it is.
  const checked = (Array.isArray(value) ? z.array(rule).min(1) : rule).safeParse(value);
  if (!checked.success) {
    const known = Object.keys(rule.shape);
    const faults = faultsOf(
      checked.error.issues,
      value,
      () => known,
      () => undefined,
    );
    throw new DomainError('invalid_argument', 'the alerts have faults', { faults });
  }
  return [checked.data].flat().map(({ for: forMs, cooldown: cooldownMs, select, ...given }) => ({
    ...given,
    ...(select === undefined ? {} : { select }),
    ...(forMs === undefined ? {} : { forMs }),
    ...(cooldownMs === undefined ? {} : { cooldownMs }),
  }));
}

function onText({ on, forMs }: Alert): string {
  return forMs === 0 ? on : `${on} ${formatGoDuration(forMs)}`;
}

function alertObject({ forMs, cooldownMs, updated_at, last, ...alert }: Alert): object {
  return {
    schema: 'alert/v1',
    kind: 'alert',
    ...alert,
    for_seconds: forMs / 1_000,
    cooldown_seconds: cooldownMs / 1_000,
    updated_at,
    updated_at_rfc3339: rfc3339(updated_at),
    last: last === undefined ? null : { ...last, at_rfc3339: rfc3339(last.at) },
  };
}
