import type { Command } from 'commander';
import { DomainError } from '../../domain/errors.ts';
import { formatSize } from '../../platform/size.ts';
import { type Cli, examples, gather, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { printOne } from '../output.ts';

interface ExecFlags {
  readonly env?: readonly string[];
  readonly dir?: string;
  readonly user?: string;
}

/** In one JSON object; whoever wants more reads the streams. */
const COLLECTED_MOST = 4 * 1_024 * 1_024;

/** `gavel tasks exec ID -- CMD ARG...` */
export function addExec(task: Command, cli: Cli): void {
  const command = task
    .command('exec <id> <command...>')
    .description("run one more command in a running task's container; exits with the command's own exit code")
    .option('-e, --env <name=value>', 'environment variable (NAME alone: as it is here); repeatable', gather)
    .option('--dir <path>', 'working directory')
    .option('--user <name>', 'user inside the image')
    .addHelpText(
      'after',
      `
Only where the operator of the cell has turned it on (its setting allowExec). Who ran what stands on the task's timeline.
The command has no terminal and no input; it shares the task's limits, ends with it, and at Ctrl-C.`,
    );
  examples(command, 'gavel tasks exec 766 -- ps', "gavel tasks exec 766 -- sh -c 'ls -l /tmp'");
  handle<ExecFlags>(cli, command, async (context, [id = '', ...argv], flags) => {
    const found = await context.client().tasks.get(id, context.signal);
    const options = {
      env: variables(flags.env ?? [], context),
      signal: context.signal,
      ...(flags.dir === undefined ? {} : { dir: flags.dir }),
      ...(flags.user === undefined ? {} : { user: flags.user }),
    };
    const collects = !['table', 'wide', 'name'].includes(context.format);
    const kept = { stdout: [] as Buffer[], stderr: [] as Buffer[], bytes: 0 };
    for await (const chunk of context.client().task(found.task_guid).exec(argv, options)) {
      if (chunk.type === 'end') {
        const { exit_code, error } = chunk;
        const [stdout, stderr] = [kept.stdout, kept.stderr].map((pieces) => Buffer.concat(pieces).toString('utf8'));
        const { task_guid, number } = found;
        const about = { task_guid, number, command: argv, exit_code, error, stdout, stderr };
        if (collects) await printOne(context, { schema: 'exec/v1', kind: 'exec', ...about }, task_guid, '');
        if (error !== '') context.complain(error);
        return exit_code;
      }
      if (!collects) {
        await context.give(chunk.type, chunk.bytes);
        continue;
      }
      kept.bytes += chunk.bytes.length;
      if (kept.bytes > COLLECTED_MOST)
        throw new DomainError(
          'too_large',
          `the command wrote more than ${formatSize(COLLECTED_MOST)}; without -o its output comes as it is`,
        );
      kept[chunk.type].push(chunk.bytes);
    }
    return EXIT.ours;
  });
}

function variables(pairs: readonly string[], { io }: Context): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair, io.env[pair] ?? ''] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
