import { Command, CommanderError, Option } from 'commander';
import { isDomainError } from '../domain/errors.ts';
import { type Cli, fullName } from './command.ts';
import { addAlerts } from './commands/alerts.ts';
import { addCallbacks } from './commands/callbacks.ts';
import { addCapacity } from './commands/capacity.ts';
import { addCells } from './commands/cells.ts';
import { addCompletion } from './commands/completion.ts';
import { addContext } from './commands/context.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDomains } from './commands/domains.ts';
import { addCancel, addKill } from './commands/end.ts';
import { addExplain } from './commands/explain.ts';
import { addHelp } from './commands/help.ts';
import { addHistory } from './commands/history.ts';
import { addPs } from './commands/list.ts';
import { addLogin } from './commands/login.ts';
import { addLogs } from './commands/logs.ts';
import { addRoles } from './commands/roles.ts';
import { addRun } from './commands/run.ts';
import { addSelect } from './commands/select.ts';
import { addSubmit } from './commands/submit.ts';
import { addTask } from './commands/task.ts';
import { addToken } from './commands/token.ts';
import { addVersion, ownVersion } from './commands/version.ts';
import { addWait } from './commands/wait.ts';
import { addWatch } from './commands/watch.ts';
import { FORMATS, type GlobalFlags, parseOutput } from './context.ts';
import { errorJson, errorLines, tell } from './errors.ts';
import { EXIT, EXIT_MEANINGS, exitCodesOf, exitOfError, exitOfSignal } from './exit-code.ts';
import { type Io, put } from './io.ts';

const WELCOME = `A container task runtime: submit a task, it runs at most once in a container on a cell.

  $ gavel dev                                  a whole system on this machine
  $ gavel run busybox:1.36 -- echo hello       a task, followed to its end
`;

/** Runs one command line (without node and the script) and answers its exit code. Never throws. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const cli: Cli = { io, exitCode: undefined, running: 'gavel' };
  const program = buildProgram(cli);
  const flags = () => program.opts<GlobalFlags & { readonly exitCodes?: boolean }>();
  try {
    if (args.includes('--exit-codes') && !args.includes('--')) {
      for (const [code, meaning] of EXIT_MEANINGS) await put(io.stdout, `${String(code).padStart(3)}  ${meaning}\n`);
      return EXIT.ok;
    }
    await program.parseAsync(args, { from: 'user' });
    return cli.exitCode ?? stopped(io) ?? EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    // `gavel tasks | head`: whoever reads has seen enough.
    if (isBrokenPipe(error)) return EXIT.ok;
    // The help of a bare noun was printed already.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage;
    const signal = stopped(io);
    if (signal !== undefined && isDomainError(error, 'cancelled')) return signal;
    const told = tell(error, commandOf(program, cli, args));
    const json = flags().output === 'json' || flags().output === 'jsonl' || flags().json === true;
    io.stderr.write(json ? errorJson(told) : errorLines(told));
    return error instanceof CommanderError ? EXIT.usage : exitOfError(error);
  }
}

export function buildProgram(cli: Cli): Command {
  const { io } = cli;
  const program = new Command('gavel');
  program
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are told in one place, runCli; commander's own words come with the error. Help is no error.
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => {},
    })
    .showSuggestionAfterError(true)
    .addHelpText('before', WELCOME)
    .version(ownVersion(), '--version', 'version of this program');
  const options = [
    new Option('-o, --output <format>', `format of the answer: ${FORMATS.join(', ')}='{{.field}}'`).argParser(
      parseOutput,
    ),
    new Option('--json', 'the same as -o json'),
    new Option('-q, --quiet', 'only the answer'),
    new Option('-v, --verbose', 'say more: where each call goes and why; -vv: as --trace').argParser(
      (_value: string, before: number | undefined) => (before ?? 0) + 1,
    ),
    new Option('--trace', 'say each call to the servers, and the id under which their logs tell of them'),
    new Option('--color <when>', 'colours: auto (on a terminal), always or never').choices(['auto', 'always', 'never']),
    new Option('--no-color', 'the same as --color never (also NO_COLOR)'),
    new Option('--safe', 'show control characters in the output of tasks as \\u001b and the like'),
    new Option('--no-trunc', 'do not cut long text on a terminal'),
    new Option('-y, --yes', 'do not ask before something is ended, removed or dropped'),
    new Option('--no-input', 'never ask'),
    new Option('--local', 'times of this machine instead of UTC'),
    new Option('-c, --config <file>', "contexts and settings of this file in place of the user's (GAVEL_CONFIG)"),
    new Option('--context <name>', 'named cluster (GAVEL_CONTEXT; gavel context ls)'),
    new Option('--server <host:port,...>', 'BBS servers (GAVEL_SERVER; else 127.0.0.1:8889)'),
    new Option('--timeout <span>', 'whole time of one call, such as 30s'),
    new Option('--tls-ca <file>', 'authority of the server (GAVEL_TLS_CA)'),
    new Option('--tls-cert <file>', 'own certificate (GAVEL_TLS_CERT)'),
    new Option('--tls-key <file>', 'its key (GAVEL_TLS_KEY)'),
    new Option('--exit-codes', 'print what exit codes mean'),
  ];
  for (const option of options) program.addOption(option);
  program.helpOption('-h, --help', 'help of any command');

  addRun(program, cli);
  addTask(program, cli);
  addPs(program, cli);
  addSubmit(program, cli);
  addLogs(program, cli);
  addWait(program, cli);
  addCancel(program, cli);
  addKill(program, cli);
  addExplain(program, cli);
  addCells(program, cli);
  addCapacity(program, cli);
  addHistory(program, cli);
  addCallbacks(program, cli);
  addWatch(program, cli);
  addAlerts(program, cli);
  addSelect(program, cli);
  addVersion(program, cli);
  addDomains(program, cli);
  addContext(program, cli);
  addLogin(program, cli);
  addToken(program, cli);
  addDoctor(program, cli);
  addCompletion(program, cli);
  addHelp(program, cli);
  addRoles(program, cli);
  for (const command of leavesOf(program)) {
    const codes = exitCodesOf(fullName(command));
    command.addHelpText('after', `\nExit codes: ${codes.join(', ')} (gavel help exit-codes)`);
  }
  return program;
}

/** Every command that does something by itself. */
function leavesOf(parent: Command): readonly Command[] {
  return parent.commands.flatMap((command) => [...(hasAction(command) ? [command] : []), ...leavesOf(command)]);
}

function hasAction(command: Command): boolean {
  return command.commands.length === 0 || command.registeredArguments.length > 0;
}

function commandOf(program: Command, cli: Cli, args: readonly string[]): string {
  if (cli.running !== 'gavel') return cli.running;
  let found = program;
  for (const word of args) {
    found = found.commands.find((command) => command.name() === word || command.aliases().includes(word)) ?? found;
  }
  return fullName(found);
}

function stopped({ interrupts }: Io): number | undefined {
  if (interrupts.last === undefined) return undefined;
  return exitOfSignal(interrupts.last);
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
