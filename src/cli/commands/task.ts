import type { Command } from 'commander';
import { statusOf } from '../../client/task-view.ts';
import { DomainError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/task.ts';
import { stateWord } from '../../platform/format.ts';
import { nearest } from '../../platform/nearest.ts';
import { type Cli, examples, handle } from '../command.ts';
import { printOne, taskObject } from '../output.ts';
import { showText } from '../show.ts';
import { type AttachFlags, addAttach, attach, attachOptions, giveResult } from './attach.ts';
import { addBundle } from './bundle.ts';
import { addDiff } from './diff.ts';
import { addCancel, addKill } from './end.ts';
import { addEvents } from './events.ts';
import { addExec } from './exec.ts';
import { addExplain } from './explain.ts';
import { addAnnotate, addPin } from './keep.ts';
import { addList, addListOptions, type ListFlags, listTasks } from './list.ts';
import { addDownload, addOutputs, addUpload } from './outputs.ts';
import { addReceipt } from './receipt.ts';
import { addRerun } from './rerun.ts';
import { addRemove, addResolve } from './resolve.ts';
import { addSubmit } from './submit.ts';
import { addTop } from './top.ts';
import { addWait } from './wait.ts';

/** `gavel task`, also `gavel tasks`: bare it lists, with an id it joins, with a verb it does that. */
export function addTask(program: Command, cli: Cli): void {
  const task = program
    .command('task [id] [rest...]')
    .alias('tasks')
    .description('list active tasks; with an id, join that task: what happened so far, then what happens');
  examples(task, 'gavel tasks', 'gavel task 766', 'gavel task submit examples/hello.json');
  attachOptions(addListOptions(task)).option('--recent [number]', 'the same as: gavel tasks recent');
  handle<ListFlags & AttachFlags>(cli, task, async (context, [id, extra], flags) => {
    if (id === undefined) return await listTasks(context, flags);
    if (extra !== undefined) throw unknownVerb(task, id, extra);
    return await attach(context, id, flags);
  });

  addList(task, cli);
  addSubmit(task, cli);
  addAttach(task, cli);
  addWait(task, cli);
  addExplain(task, cli);
  addEvents(task, cli);
  addOutputs(task, cli);
  addDownload(task, cli);
  addUpload(task, cli);
  addShow(task, cli);
  addCancel(task, cli);
  addKill(task, cli);
  addTop(task, cli);
  addExec(task, cli);
  addAnnotate(task, cli);
  addPin(task, cli);
  addRerun(task, cli);
  addDiff(task, cli);
  addReceipt(task, cli);
  addBundle(task, cli);
  addResolve(task, cli);
  addRemove(task, cli);
}

function addShow(task: Command, cli: Cli): void {
  const show = task.command('show <id>').description('the whole record of a task, live or from history');
  handle(cli, show, async (context, [id = '']) => {
    const found = await context.client().tasks.get(id, context.signal);
    await printOne(context, taskObject(found), found.task_guid, showText(found, context.flags.local));
    return undefined;
  });

  const status = task.command('status <id>').description('one word: its state, and once it is over its outcome');
  handle(cli, status, async (context, [id = '']) => {
    const found = await context.client().tasks.get(id, context.signal);
    const { task_guid, number } = found;
    const standing = { schema: 'task-status/v1', kind: 'task-status', task_guid, number, ...statusOf(found) };
    await printOne(context, standing, found.task_guid, stateWord(found));
    return undefined;
  });

  const result = task
    .command('result <id>')
    .description("the task's result as it is: the first 10 KB of its result file");
  handle(cli, result, async (context, [id = '']) => {
    const found = await context.client().tasks.get(id, context.signal);
    if (!isTerminal(found.state)) {
      throw new DomainError('invalid_transition', `task ${found.number} has no result yet: it is ${found.state}`);
    }
    return await giveResult(context, found);
  });
}

function unknownVerb(task: Command, verb: string, id: string): DomainError {
  const meant = nearest(
    verb,
    task.commands.map((command) => command.name()),
  );
  const hint = meant === undefined ? '' : `; did you mean: gavel task ${meant} ${id}`;
  return new DomainError('invalid_argument', `gavel task has no verb ${verb}${hint}`);
}
