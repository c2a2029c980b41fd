import type { Command } from 'commander';
import type { Task } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import { toJson } from '../../platform/json.ts';
import { parseSelect, SELECT_FUNCTIONS, type SelectValue, selectFields } from '../../platform/select.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { printList } from '../output.ts';
import { collect, selectionOf } from '../selection.ts';

const SOURCES = [{ name: 'task', about: 'the record of a task: what -o json shows of it, and what follows from it' }];
const MOST = 1_000;

/** `gavel select`: the language of --select, to be read about and tried. */
export function addSelect(program: Command, cli: Cli): void {
  const group = program
    .command('select')
    .description('what --select understands: its fields and functions, and a place to try it');
  const doc = group
    .command('doc [source]')
    .description('what an expression may name: the sources, or the fields of one');
  examples(doc, 'gavel select doc', 'gavel select doc task');
  handle(cli, doc, async (context, [source]) => {
    if (source === undefined) await printSources(context);
    else if (source === 'task') await printFields(context);
    else
      throw new DomainError(
        'not_found',
        `there is no source ${source}; known are ${SOURCES.map(({ name }) => name).join(', ')}`,
      );
    return undefined;
  });
  const evaluate = group
    .command('eval <expression> [id...]')
    .description('what an expression says of tasks: those named, or all that are live')
    .option('-a, --all', 'finished ones too');
  examples(evaluate, 'gavel select eval "outcome == \'failed\' && ran > 60" -a', "gavel select eval 'labels.team' 766");
  handle<{ readonly all?: boolean }>(cli, evaluate, async (context, [text = '', ...ids], { all }) => {
    const selector = parseSelect(text);
    const tasks = await tasksOf(context, ids, all === true);
    const items = tasks.map((task) => ({ task, value: selector.evaluate(task) }));
    const yes = items.filter(({ value }) => value === true).length;
    await printList(context, {
      kind: 'selection',
      items,
      columns: [
        { title: '#', whole: true, value: ({ task }) => String(task.number) },
        { title: 'Guid', whole: true, value: ({ task }) => task.task_guid },
        { title: 'Value', value: ({ value }) => valueText(value) },
      ],
      toObject: ({ task: { task_guid, number }, value }) => ({
        schema: 'selection/v1',
        kind: 'selection',
        task_guid,
        number,
        value,
      }),
      name: ({ task }) => task.task_guid,
      footer: `true of ${yes} of ${items.length} tasks`,
    });
    return undefined;
  });
}

async function tasksOf(context: Context, ids: readonly string[], all: boolean): Promise<readonly Task[]> {
  if (ids.length === 0) {
    const selection = selectionOf({ all: true }, all ? ['active', 'finished'] : ['active']);
    return (await collect(context, selection, MOST)).tasks;
  }
  const tasks: Task[] = [];
  for (const id of ids) tasks.push(await context.client().tasks.get(id, context.signal));
  return tasks;
}

async function printSources(context: Context): Promise<void> {
  await printList(context, {
    kind: 'select-source',
    items: SOURCES,
    columns: [
      { title: 'Source', whole: true, value: ({ name }) => name },
      { title: 'About', value: ({ about }) => about },
    ],
    toObject: (source) => ({ schema: 'select-source/v1', kind: 'select-source', ...source }),
    name: ({ name }) => name,
    footer: 'Its fields: gavel select doc task. The language: gavel help select',
  });
}

async function printFields(context: Context): Promise<void> {
  const fields = [...selectFields()].map(([name, type]) => ({ name, type, about: ABOUT[name] ?? '' }));
  const functions = Object.values(SELECT_FUNCTIONS).map(({ usage, about }) => ({
    name: usage,
    type: 'function',
    about,
  }));
  await printList(context, {
    kind: 'select-field',
    items: [...fields, ...functions],
    columns: [
      { title: 'Name', whole: true, value: ({ name }) => name },
      { title: 'Type', whole: true, value: ({ type }) => type },
      { title: 'About', value: ({ about }) => about },
    ],
    toObject: (item) => ({ schema: 'select-field/v1', kind: 'select-field', ...item }),
    name: ({ name }) => name,
    footer: 'What each field means: docs/task-reference.md. The language: gavel help select',
  });
}

/** What is not plain from the name, or has no field of its own in the record. */
const ABOUT: Readonly<Record<string, string>> = {
  kind: 'user, scheduled or system',
  age: 'seconds since it was submitted',
  waited: 'seconds until its process started, or so far',
  ran: 'seconds its process ran, or has run so far; null before',
  state: 'PENDING, CLAIMED, RUNNING, COMPLETED, RESOLVING',
  outcome: "'' until it has ended",
  exit_code: 'null while there is none',
  failure_code: 'one word: why it failed',
  labels: 'labels.team, or labels["gavel.kind"]',
  number: 'what people type',
  first_completed_at: 'when it ended',
  created_by: 'who submitted it',
};

function valueText(value: SelectValue): string {
  return typeof value === 'string' ? value : toJson(value);
}
