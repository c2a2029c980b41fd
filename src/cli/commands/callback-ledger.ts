import type { Command } from 'commander';
import type { Callback, CallbackTry } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import { rfc3339, safe, timeText } from '../../platform/format.ts';
import { type Column, tableText } from '../../platform/table.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { printList, printOne } from '../output.ts';
import { eachTask, idsOf } from '../tasks.ts';
import { count } from './list.ts';

interface ListFlags {
  readonly state?: string;
  readonly limit?: string;
}

const STATES = ['pending', 'dead'] as const;

/** What operators do with callbacks: see those that did not come, and send them again. */
export function addCallbackLedger(callbacks: Command, cli: Cli): void {
  handle<ListFlags>(cli, options(callbacks), async (context, _args, flags) => await listCallbacks(context, flags));
  const ls = options(callbacks.command('ls').alias('list').description('list those that are owed or were given up'));
  handle<ListFlags>(cli, ls, async (context, _args, flags) => await listCallbacks(context, flags));
  const show = callbacks.command('show <id>').description("a task's callback with its newest tries");
  handle(cli, show, async (context, [id = '']) => {
    const callback = await context.client().callbacks.get(id, context.signal);
    await printOne(context, callbackObject(callback), callback.task_guid, showText(callback, context));
    return EXIT.ok;
  });
  const again = callbacks
    .command('redeliver <id...>')
    .alias('resend')
    .description("send a task's callback at once, whatever became of it before, under the same webhook-id");
  examples(
    again,
    'gavel callbacks redeliver 766',
    'gavel callbacks redeliver $(gavel callbacks ls --state dead -o name)',
  );
  handle(
    cli,
    again,
    async (context, args) =>
      await eachTask(context, idsOf(args), async (id) => {
        const callback = await context.client().callbacks.resend(id, context.signal);
        const text = `Task ${callback.number}: its callback is sent again to ${safe(callback.url)}`;
        await printOne(context, callbackObject(callback), callback.task_guid, text);
        return EXIT.ok;
      }),
  );
}

function options(command: Command): Command {
  return command
    .option('--state <state>', 'only pending (owed) or dead (given up)')
    .option('--limit <n>', 'at most so many (100)');
}

async function listCallbacks(context: Context, { state, limit }: ListFlags): Promise<undefined> {
  const wanted = STATES.find((known) => known === state);
  if (state !== undefined && wanted === undefined)
    throw new DomainError('invalid_argument', `--state must be ${STATES.join(' or ')}; it is ${state}`);
  const most = count(limit ?? '100', '--limit');
  const found: Callback[] = [];
  const filter = {
    pageSize: Math.min(most, 1_000),
    signal: context.signal,
    ...(wanted === undefined ? {} : { state: wanted }),
  };
  for await (const callback of context.client().callbacks.list(filter)) {
    found.push(callback);
    if (found.length >= most) break;
  }
  const dead = found.filter((callback) => callback.state === 'dead').length;
  const advice = dead === 0 ? '' : '\nSend one again: gavel callbacks redeliver TASK';
  await printList(context, {
    kind: 'callback',
    items: found,
    columns: columns(context.flags.local),
    toObject: callbackObject,
    name: ({ task_guid }) => task_guid,
    footer: `Showing ${found.length} callbacks, ${dead} of them given up${advice}`,
  });
  return undefined;
}

function columns(local: boolean | undefined): readonly Column<Callback>[] {
  return [
    { title: '#', value: ({ number }) => String(number), whole: true },
    { title: 'Task', value: ({ task_guid }) => task_guid, wide: true },
    { title: 'State', value: ({ state }) => state, whole: true, style: deadStyle },
    { title: 'Tries', value: ({ attempts }) => String(attempts), whole: true },
    { title: 'Last answer', value: (callback) => (callback.attempts === 0 ? '' : answerText(callback)) },
    { title: 'Next try', value: (callback) => nextText(callback, local), whole: true },
    { title: 'URL', value: ({ url }) => url },
  ];
}

function deadStyle({ state }: Callback): 'red' | undefined {
  return state === 'dead' ? 'red' : undefined;
}

function answerText({ last_status, last_error }: Pick<Callback, 'last_status' | 'last_error'>): string {
  return last_status === 0 ? last_error : String(last_status);
}

function nextText({ state, next_attempt_at }: Callback, local: boolean | undefined): string {
  if (state !== 'pending') return '';
  return next_attempt_at === 0n ? 'now' : timeText(next_attempt_at, local);
}

function showText(callback: Callback, context: Context): string {
  const { number, task_guid, url, state, attempts, tries, webhook_id } = callback;
  const { local } = context.flags;
  const next = nextText(callback, local);
  const lines = [
    `Task:       ${number} (${task_guid})`,
    `Callback:   ${state}, ${attempts} ${attempts === 1 ? 'try' : 'tries'}${next === '' ? '' : `, next: ${next}`}`,
    `URL:        ${safe(url)}`,
    `webhook-id: ${webhook_id}`,
  ];
  if (tries.length === 0) return lines.join('\n');
  const told: readonly Column<CallbackTry>[] = [
    { title: 'Tried at', value: ({ at }) => timeText(at, local), whole: true },
    { title: 'Answer', value: ({ status, error }) => answerText({ last_status: status, last_error: error }) },
  ];
  return [...lines, '', tableText(tries, told, context)].join('\n');
}

function callbackObject({ next_attempt_at, tries, ...callback }: Callback): object {
  return {
    schema: 'callback/v1',
    kind: 'callback',
    ...callback,
    next_attempt_at,
    next_attempt_at_rfc3339: rfc3339(next_attempt_at),
    tries: tries.map(({ at, ...made }) => ({ at, at_rfc3339: rfc3339(at), ...made })),
  };
}
