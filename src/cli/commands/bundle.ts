import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Command } from 'commander';
import type { LogEntry, Task } from '../../client/index.ts';
import { DomainError, errorText } from '../../domain/errors.ts';
import { rfc3339, safe } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import { formatSize } from '../../platform/size.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { put } from '../io.ts';
import { printOne, taskObject } from '../output.ts';
import { ownVersion } from './version.ts';

const LOG_MOST_BYTES = 64 * 1_024 * 1_024;
/** How long a cell may take to begin with the log; then the bundle is made without it. */
const LOG_BEGINS_MS = 10_000;

interface Log {
  lines: number;
  bytes: number;
  notes: string[];
}

/** `gavel tasks bundle ID`: all that is known of a task, in one file for whoever looks into it elsewhere. */
export function addBundle(task: Command, cli: Cli): void {
  const command = task
    .command('bundle <id>')
    .description('one file with all that is known of a task: record, timeline, explanation, log, callback, versions')
    .option('--to <file>', 'file to write (task-NUMBER.bundle.json if not given); - is stdout');
  examples(command, 'gavel tasks bundle 766', 'gavel tasks bundle 766 --to - | gzip > 766.json.gz');
  handle<{ readonly to?: string }>(cli, command, async (context, [id = ''], { to }) => {
    const found = await context.client().tasks.get(id, context.signal);
    const { number, task_guid } = found;
    if (to === '-') {
      await write(context, found, context.io.stdout);
      return undefined;
    }
    const file = to ?? `task-${number}.bundle.json`;
    const part = `${file}.part`;
    const out = createWriteStream(part, { mode: 0o600 });
    try {
      await once(out, 'open');
      const log = await write(context, found, out);
      out.end();
      await finished(out);
      await rename(part, file);
      for (const note of log.notes) context.say(safe(note));
      const about = { task_guid, number, file, bytes: out.bytesWritten, log_lines: log.lines, notes: log.notes };
      const object = { schema: 'bundle-written/v1', kind: 'bundle-written', ...about };
      await printOne(
        context,
        object,
        file,
        safe(`Task ${number}: ${file}, ${formatSize(out.bytesWritten)}, ${log.lines} lines of output`),
      );
    } catch (error) {
      out.destroy();
      await rm(part, { force: true });
      if (error instanceof Error && 'syscall' in error)
        throw new DomainError('invalid_argument', `--to: ${errorText(error)}`, { cause: error });
      throw error;
    }
    return undefined;
  });
}

/** Written as it comes: a log may be larger than anybody's memory. */
async function write(context: Context, task: Task, out: Writable): Promise<Log> {
  const { signal } = context;
  const handle = context.client().task(task.task_guid);
  const [timeline, explanation, callback, cells] = await Promise.all([
    told(handle.timeline({ signal, engineCalls: true })),
    told(handle.explain(signal).then(({ task: _known, ...rest }) => rest)),
    task.completion_callback_url === '' ? null : told(handle.deliveries(signal)),
    told(context.client().cells.list(signal)),
  ]);
  const cell = Array.isArray(cells) ? (cells.find(({ cell_id }) => cell_id === task.cell_id) ?? null) : cells;
  const head = {
    schema: 'bundle/v1',
    kind: 'bundle',
    made_at: rfc3339(BigInt(Date.now()) * 1_000_000n),
    made_by: ownVersion(),
    server: context.client().endpoint,
    task: taskObject(task),
    timeline,
    explanation,
    callback,
    cell,
  };
  await put(out, `${toJson(head, 2).slice(0, -2)},\n  "log": [`);
  const log: Log = { lines: 0, bytes: 0, notes: [] };
  let first = true;
  for await (const entry of logOf(context, task, log)) {
    await put(out, `${first ? '' : ','}\n    ${toJson(logObject(entry))}`);
    first = false;
  }
  await put(out, `\n  ],\n  "log_notes": ${toJson(log.notes)}\n}\n`);
  return log;
}

async function* logOf(context: Context, task: Task, log: Log): AsyncGenerator<LogEntry> {
  if (task.cell_id === '') return;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), LOG_BEGINS_MS);
  try {
    const signal = AbortSignal.any([context.signal, late.signal]);
    for await (const entry of context.client().task(task.task_guid).logs({ signal })) {
      clearTimeout(timer);
      if (entry.type === 'line') {
        log.lines += 1;
        log.bytes += entry.text.length;
      }
      yield entry;
      if (log.bytes < LOG_MOST_BYTES) continue;
      log.notes.push(`the log was cut after ${formatSize(LOG_MOST_BYTES)}; all of it: gavel logs ${task.number}`);
      return;
    }
  } catch (error) {
    if (context.signal.aborted) throw error;
    const why = late.signal.aborted ? `cell ${task.cell_id} did not send it` : errorText(error);
    log.notes.push(`the log is missing or not whole: ${why}`);
  } finally {
    clearTimeout(timer);
  }
}

function logObject(entry: LogEntry): object {
  if (entry.type !== 'line') return entry;
  const { text, time, ...rest } = entry;
  const decoded = text.toString('utf8');
  const exact = Buffer.from(decoded).equals(text) ? {} : { bytes: text.toString('base64') };
  return { ...rest, time, time_rfc3339: rfc3339(time), text: decoded, ...exact };
}

/** What cannot be had is told in its place; the rest of the bundle is worth having without it. */
async function told<T>(answer: Promise<T>): Promise<T | { readonly missing: string }> {
  try {
    return await answer;
  } catch (error) {
    return { missing: errorText(error) };
  }
}
