import type { Command } from 'commander';
import type { Explanation } from '../../client/index.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TaskDefinition } from '../../domain/task.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { explanationObject, explanationText } from '../explain-text.ts';
import { printOne } from '../output.ts';
import { readSpec } from '../spec-file.ts';

/** `gavel explain ID`, `gavel task explain ID`; `gavel explain -f task.json` for a request that was not sent. */
export function addExplain(parent: Command, cli: Cli): void {
  const command = parent
    .command('explain [id]')
    .description('why a task waits (cell by cell, and what would help), why it is where it is, or why it ended so')
    .option(
      '-f, --file <file>',
      'a task spec instead of a task: whether and where it would be placed (exit code 9: not now)',
    );
  examples(command, 'gavel explain 766', 'gavel explain -f examples/hello.json');
  handle<{ readonly file?: string }>(cli, command, async (context, [id], { file }) => {
    if ((id === undefined) === (file === undefined)) {
      throw new DomainError('invalid_argument', 'give a task, or a spec with -f FILE');
    }
    if (file !== undefined) return await dryRun(context, await readSpec(file, context.io));
    const explanation = await context
      .client()
      .task(id ?? '')
      .explain(context.signal);
    await show(context, explanation);
    return undefined;
  });
}

/** Whether and where it would be placed, without creating anything. @returns 9 when no cell would take it now. */
export async function dryRun(context: Context, spec: TaskDefinition): Promise<number> {
  const explanation = await context.client().tasks.explain(spec, context.signal);
  await show(context, explanation);
  return explanation.verdict === 'fits' ? EXIT.ok : EXIT.unplaced;
}

async function show(context: Context, explanation: Explanation): Promise<void> {
  const name = explanation.task?.task_guid ?? explanation.verdict;
  await printOne(context, explanationObject(explanation), name, explanationText(context, explanation));
}
