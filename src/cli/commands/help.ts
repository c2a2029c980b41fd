import type { Command } from 'commander';
import { DomainError } from '../../domain/errors.ts';
import { nearest } from '../../platform/nearest.ts';
import { type Cli, handle } from '../command.ts';
import { put } from '../io.ts';
import { referenceText } from '../reference.ts';
import { TOPICS } from '../topics.ts';

/** `gavel help`, `gavel help task kill`, `gavel help states`. */
export function addHelp(program: Command, cli: Cli): void {
  program.helpCommand(false);
  const command = program.command('help [words...]').description('help of a command, or one of the pages below');
  handle(cli, command, async (context, words) => {
    const [first = ''] = words;
    const topic = TOPICS[first];
    if (topic !== undefined) {
      await context.print(topic.text().trimEnd());
      return undefined;
    }
    let found: Command = program;
    for (const word of words) found = childOf(found, word);
    found.outputHelp();
    return undefined;
  });
  const reference = program.command('__reference', { hidden: true });
  handle(cli, reference, async (context) => {
    await put(context.io.stdout, referenceText(program));
    return undefined;
  });
  const pages = Object.entries(TOPICS).map(([name, { about }]) => `  gavel help ${name.padEnd(12)} ${about}`);
  program.addHelpText('after', `\nPages:\n${pages.join('\n')}`);
}

function childOf(parent: Command, word: string): Command {
  const found = parent.commands.find((command) => command.name() === word || command.aliases().includes(word));
  if (found !== undefined) return found;
  const names = [...parent.commands.map((command) => command.name()), ...Object.keys(TOPICS)];
  const meant = nearest(word, names);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new DomainError('invalid_argument', `there is no help on ${word}${hint}`);
}
