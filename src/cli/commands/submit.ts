import { type Command, Option } from 'commander';
import { toJson } from '../../platform/json.ts';
import { type Cli, examples, handle } from '../command.ts';
import { printOne, taskObject } from '../output.ts';
import { readSpec } from '../spec-file.ts';
import { dryRun } from './explain.ts';

export type DryRun = 'spec' | 'place';

export function dryRunOption(): Option {
  return new Option(
    '--dry-run <what>',
    'spec: print the request; place: would it be placed now (exit code 9: no)',
  ).choices(['spec', 'place']);
}

/** `gavel submit FILE`, `gavel task submit FILE` */
export function addSubmit(parent: Command, cli: Cli): void {
  const command = parent
    .command('submit <file>')
    .description('submit the task described in FILE, @FILE, - (stdin) or JSON; prints its guid and does not wait')
    .option('--key <key>', 'a repeated submit under the same key creates nothing new')
    .addOption(dryRunOption());
  examples(command, 'gavel task submit examples/hello.json', 'gavel task submit - < task.json');
  handle<{ readonly key?: string; readonly dryRun?: DryRun }>(cli, command, async (context, [file = ''], flags) => {
    const { key } = flags;
    const spec = await readSpec(file, context.io);
    if (flags.dryRun === 'place') return await dryRun(context, spec);
    if (flags.dryRun === 'spec') {
      await context.print(toJson(spec, 2));
      return undefined;
    }
    const options = { signal: context.signal, ...(key === undefined ? {} : { key }) };
    const { id, submitted } = await context.client().tasks.run(spec, options);
    if (submitted === undefined) await context.print(id);
    else await printOne(context, taskObject(submitted), id, id);
    return undefined;
  });
}
