import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';

/** What a reader of logs is told, a line for each entry. */
export async function logText(entries: AsyncIterable<LogEntry__Output>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line, gap, end } of entries) {
    if (line) lines.push(`${line.sequence} ${line.stream} ${line.source} ${line.text.toString()}`);
    if (gap) lines.push(`gap ${gap.reason}`);
    if (end) lines.push(`end ${end.stdout_bytes}/${end.stderr_bytes}${end.reason}`);
  }
  return lines;
}
