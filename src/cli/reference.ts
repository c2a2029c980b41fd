import type { Command } from 'commander';
import { EXIT_MEANINGS } from './exit-code.ts';
import { TOPICS } from './topics.ts';

/** docs/cli.md: what the program says of itself, page after page. Written by `.make/cli-docs.mjs`. */
export function referenceText(program: Command): string {
  const pages = commandsOf(program).map((command) => `## ${nameOf(command)}\n\n${fenced(helpOf(command))}`);
  const topics = Object.entries(TOPICS).map(([name, { text }]) => `## gavel help ${name}\n\n${fenced(text())}`);
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `| ${code} | ${meaning.replaceAll('|', '\\|')} |`);
  return `${[
    '# The command line',
    'Written from the help of the program itself by `.make/cli-docs.mjs`; do not change it by hand.',
    ...pages,
    ...topics,
    '## Exit codes',
    ['| Code | Meaning |', '|---|---|', ...codes].join('\n'),
  ].join('\n\n')}\n`;
}

function commandsOf(command: Command): readonly Command[] {
  const children = command.commands.filter((child) => !child.name().startsWith('__'));
  return [command, ...children.flatMap((child) => commandsOf(child))];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** With the examples before it and the notes behind it, which `helpInformation` leaves out. */
function helpOf(command: Command): string {
  let text = '';
  const before = command.configureOutput();
  command.configureHelp({ helpWidth: 120 });
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHasColors: () => false });
  command.outputHelp();
  command.configureOutput(before);
  return text;
}

function fenced(text: string): string {
  return `\`\`\`text\n${text.replace(/^\n+/, '').trimEnd()}\n\`\`\``;
}
