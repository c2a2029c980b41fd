import type { Command, Option } from 'commander';
import { allContexts, INTERRUPT_MODES } from '../../client/contexts.ts';
import { OUTCOMES, TASK_STATES } from '../../domain/task.ts';
import { type Cli, examples, handle } from '../command.ts';
import { type Context, FORMATS } from '../context.ts';
import { KINDS } from '../tasks.ts';
import { TOPICS } from '../topics.ts';

/** Pressing Tab must not hang: a server that does not answer at once answers nothing. */
const ASK_MS = 1_000;
const IDS_MOST = 200;

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# eval "$(gavel completion bash)"
_gavel() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(gavel __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _gavel gavel`,
  zsh: `#compdef gavel
# eval "$(gavel completion zsh)"
_gavel() {
  local -a found
  found=("\${(@f)$(gavel __complete -- "\${words[@]:1:CURRENT-2}" 2>/dev/null)}")
  compadd -- $found
}
compdef _gavel gavel`,
  fish: `# gavel completion fish | source
complete -c gavel -f -a '(gavel __complete -- (commandline -opc)[2..-1] 2>/dev/null)'`,
};

export function addCompletion(program: Command, cli: Cli): void {
  const command = program
    .command('completion <shell>')
    .description(`print what makes Tab complete commands, flags, ids and cells (${Object.keys(SCRIPTS).join(', ')})`);
  examples(command, 'eval "$(gavel completion bash)"', 'gavel completion fish | source');
  handle(cli, command, async (context, [shell = '']) => {
    const script = SCRIPTS[shell];
    if (script === undefined) command.error(`error: shell: allowed choices are ${Object.keys(SCRIPTS).join(', ')}`);
    else await context.print(script);
    return undefined;
  });
  const hidden = program.command('__complete [words...]', { hidden: true });
  handle(cli, hidden, async (context, words) => {
    for (const candidate of await candidates(program, context, words)) await context.print(candidate);
    return undefined;
  });
}

/** What may follow the words that stand already. */
async function candidates(program: Command, context: Context, words: readonly string[]): Promise<readonly string[]> {
  let command = program;
  for (const word of words) {
    command = command.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? command;
  }
  const options = [...command.options, ...(command === program ? [] : program.options)];
  const last = words.at(-1) ?? '';
  const asking = options.find((option) => (option.long === last || option.short === last) && takesValue(option));
  if (asking !== undefined) return await valuesOf(asking, context);
  const names = command.commands
    .filter((one) => !one.name().startsWith('__'))
    .flatMap((one) => [one.name(), ...one.aliases()]);
  const flags = options.flatMap((option) => option.long ?? []);
  const wantsId = command.registeredArguments.some((argument) => argument.name() === 'id');
  const topics =
    command.name() === 'help' ? [...Object.keys(TOPICS), ...program.commands.map((one) => one.name())] : [];
  const contexts = command.parent?.name() === 'context' ? contextNames(context) : [];
  return [...names, ...topics, ...contexts, ...(wantsId ? await ids(context) : []), ...flags];
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

async function valuesOf(option: Option, context: Context): Promise<readonly string[]> {
  if (option.argChoices !== undefined) return option.argChoices;
  switch (option.long) {
    case '--output':
      return FORMATS.map((format) => (format === 'template' ? 'template=' : format));
    case '--cell':
      return await asked(async (signal) => (await context.client().cells.list(signal)).map(({ cell_id }) => cell_id));
    case '--state':
    case '--for':
      return [...TASK_STATES, ...OUTCOMES, 'queued', 'processing', 'done', 'error'];
    case '--outcome':
      return OUTCOMES;
    case '--kind':
      return KINDS;
    case '--on-interrupt':
      return INTERRUPT_MODES;
    case '--context':
      return contextNames(context);
    default:
      return [];
  }
}

function contextNames({ io, flags }: Context): readonly string[] {
  return [...allContexts(io.env, flags.config).keys()];
}

async function ids(context: Context): Promise<readonly string[]> {
  return await asked(async (signal) => {
    const { tasks } = await context.client().tasks.page({ pageSize: IDS_MOST, signal });
    return tasks.flatMap(({ number, task_guid }) => [String(number), task_guid]);
  });
}

async function asked(ask: (signal: AbortSignal) => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await ask(AbortSignal.timeout(ASK_MS));
  } catch {
    // No server, no candidates: the person types on.
    return [];
  }
}
