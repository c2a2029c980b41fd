import type { Command } from 'commander';
import { safe, timeText } from '../../platform/format.ts';
import { parseJson, toJson } from '../../platform/json.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { count } from './list.ts';

interface CellLogFlags {
  readonly follow?: boolean;
  readonly lines?: string;
}

/** `gavel cells logs CELL [-f]`: what the cell says of itself, without going to its machine. */
export function addCellLogs(cells: Command, cli: Cli): void {
  const command = cells
    .command('logs <cell>')
    .description("the cell's own log: the newest lines of its present process, at most 5,000")
    .option('-f, --follow', 'go on as lines are written, until Ctrl-C')
    .option('-n, --lines <number>', 'so many lines of before (100)')
    .addHelpText(
      'after',
      '\nLines of JSON with -o json or jsonl, as they stand on the stderr of the cell. It must be connected.',
    );
  examples(command, 'gavel cells logs cell-7 -n 20', 'gavel cells logs cell-7 -f -o jsonl | jq .msg');
  handle<CellLogFlags>(cli, command, async (context, [id = ''], { follow = false, lines }) => {
    const tail = count(lines ?? '100', '--lines');
    for await (const { text } of context.client().cells.log(id, { tail, follow, signal: context.signal }))
      await context.print(context.machineReadable ? text : lineText(text, context));
    return undefined;
  });
}

/** `2026-11-21 21:39:30 UTC  warn  claim.released  guid=a attempt=b` */
function lineText(text: string, context: Context): string {
  let line: Readonly<Record<string, unknown>>;
  try {
    line = parseJson(text) as Readonly<Record<string, unknown>>;
  } catch {
    // One that was cut for its length.
    return safe(text);
  }
  const { time, level, msg, component: _component, pid: _pid, ...rest } = line;
  const at = typeof time === 'string' ? timeText(BigInt(Date.parse(time)) * 1_000_000n, context.flags.local) : '';
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : toJson(value)}`,
  );
  return safe(
    [at, String(level).padEnd(5), String(msg), ...(fields.length === 0 ? [] : [fields.join(' ')])].join('  '),
  );
}
