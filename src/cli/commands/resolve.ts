import type { Command } from 'commander';
import { confirm } from '../ask.ts';
import { type Cli, handle } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { printOne, taskObject } from '../output.ts';
import { eachTask, idsOf } from '../tasks.ts';

export function addResolve(task: Command, cli: Cli): void {
  const command = task
    .command('resolve <id>')
    .description('take a finished task for oneself (COMPLETED -> RESOLVING); exactly one caller succeeds');
  handle(cli, command, async (context, [id = '']) => {
    const resolved = await context.client().task(id).resolve(context.signal);
    await printOne(context, taskObject(resolved), resolved.task_guid, `Task ${resolved.number} RESOLVING`);
    return undefined;
  });
}

export function addRemove(task: Command, cli: Cli): void {
  const command = task.command('rm <id...>').description('remove finished tasks from the live set; history keeps them');
  handle(cli, command, async (context, args) => {
    const ids = idsOf(args);
    if (!(await confirm(context, 'remove', ids))) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    const client = context.client();
    return await eachTask(context, ids, async (id, answers) => {
      const found = await client.tasks.get(id, context.signal);
      const handle = client.task(found.task_guid);
      if (found.state !== 'RESOLVING') await handle.resolve(context.signal);
      await handle.remove(context.signal);
      await answers.tell(found, `Task ${found.number} removed`);
      return EXIT.ok;
    });
  });
}
